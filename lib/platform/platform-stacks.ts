import { App, TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import { check, fail } from '../core/validation';

/** The layers' stacks, from the bottom up. */
export const STACKS = ['metal', 'cloud', 'cluster', 'addons', 'workloads'] as const;

/** One of them. */
export type StackName = (typeof STACKS)[number];

/**
 * Makes the stacks from one layer up to the last, each depending on the one below.
 *
 * They are direct children of the App, not of the pattern: the command line finds dependencies by the stack's name while the manifest holds paths, so that nested
 * stacks can't be deployed together, and equal nested names overwrite each other in silence.
 */
export function makeStacks(pattern: Construct, from: StackName): { readonly [name in StackName]?: TerraformStack } {
  const app = App.of(pattern);
  const prefix = pattern.node.id;
  check(pattern, prefix, (id) => /^[A-Za-z0-9][-A-Za-z0-9]*$/.test(id), {
    problem: 'the id becomes the name of stacks and must be letters, digits and "-"',
    fix: 'choose such an id',
  });
  const stacks: { [name in StackName]?: TerraformStack } = {};
  let below: TerraformStack | undefined;
  for (const name of STACKS.slice(STACKS.indexOf(from))) {
    const stackName = `${prefix}-${name}`;
    if (app.node.tryFindChild(stackName) !== undefined) {
      fail(pattern, { problem: 'the app has a stack of that name already', value: stackName, fix: 'give the platform another id' });
    }
    const stack = new TerraformStack(app, stackName);
    if (below !== undefined) stack.addDependency(below);
    stacks[name] = below = stack;
  }
  return stacks;
}
