import * as fs from 'node:fs';
import * as path from 'node:path';
import type { App } from 'cdktf';
import type { Context } from './check';
import { Cloud } from './cloud';
import { run } from './process';
import { type TerraformJson, Workspace } from './terraform';
import { TYPESCRIPT } from './typescript';

/** What a file in `test/conformance/stacks/` exports. */
export interface StacksModule {
  /** Adds the stacks to the app. It runs in a process of its own. */
  readonly build: (app: App) => void;
  /** Values of the stacks' variables, by the stack's name: a throw-away PKI, passwords. `folder` is for files that this needs. */
  readonly variables?: (context: Context) => Promise<{ readonly [stack: string]: { readonly [variable: string]: unknown } }>;
  /** Looks at the cloud and the states after everything is applied; throws if something isn't as it should be. */
  readonly verify?: (applied: Applied) => Promise<void>;
}

export interface Applied {
  readonly context: Context;
  readonly cloud: Cloud;
  /** By the stack's name. */
  readonly workspaces: { readonly [stack: string]: Workspace };
}

interface SynthesisedStack {
  readonly name: string;
  readonly configuration: TerraformJson;
}

/** Synthesises a file of stacks and returns them in the order in which they are deployed. */
export async function synthesise(file: string, folder: string): Promise<SynthesisedStack[]> {
  const out = path.join(folder, 'cdktf.out');
  await run(process.execPath, [...TYPESCRIPT.args, path.join(__dirname, 'synth.ts'), file, out], { cwd: folder, env: TYPESCRIPT.env });
  const manifest: { stacks: { [name: string]: { name: string; synthesizedStackPath: string; dependencies: string[] } } } = JSON.parse(
    fs.readFileSync(path.join(out, 'manifest.json'), 'utf8'),
  );
  const ordered: string[] = [];
  const add = (name: string) => {
    manifest.stacks[name].dependencies.forEach(add);
    if (!ordered.includes(name)) ordered.push(name);
  };
  Object.keys(manifest.stacks).forEach(add);
  return ordered.map((name) => ({
    name,
    configuration: JSON.parse(fs.readFileSync(path.join(out, manifest.stacks[name].synthesizedStackPath), 'utf8')),
  }));
}

/**
 * The whole life of a file of stacks on the real cloud: synthesised; each stack initialised, validated, applied, its second plan empty; all plans
 * empty again when everything stands; destroyed in reverse; nothing left, lost or changed in the cloud.
 */
export async function liveAndDie(context: Context, file: string): Promise<void> {
  const cloud = new Cloud(context);
  const module = require(file) as StacksModule;
  const stacks = await synthesise(file, context.folder);
  if (stacks.length === 0) throw new Error(`${file} makes no stack`);
  const variables = (await module.variables?.(context)) ?? {};
  const unknown = Object.keys(variables).filter((name) => !stacks.some((stack) => stack.name === name));
  if (unknown.length > 0) throw new Error(`variables for ${unknown.join(', ')}, but the stacks are ${stacks.map(({ name }) => name).join(', ')}`);

  const before = await cloud.snapshot();
  const workspaces: { [stack: string]: Workspace } = {};
  const standing: { name: string; workspace: Workspace }[] = [];
  // when it fails on the way, the checks after this one get a clean cloud where that is possible
  context.defer(async () => {
    for (const { workspace } of standing.reverse()) await workspace.destroy();
  });
  const timed = async (what: string, work: () => Promise<void>) => {
    const began = Date.now();
    try {
      await work();
    } catch (error) {
      throw new Error(`${what}: ${(error as Error).message}`);
    }
    context.log(`${what}: ${Math.round((Date.now() - began) / 1000)} s`);
  };
  for (const { name, configuration } of stacks) {
    const workspace = new Workspace(context, {
      folder: path.join(context.folder, name),
      configuration,
      variables: variables[name],
      environment: cloud.environment,
    });
    workspaces[name] = workspace;
    await timed(`${name}: init and validate`, async () => {
      await workspace.init();
      await workspace.validate();
    });
    standing.push({ name, workspace }); // from here on there may be something to destroy
    await timed(`${name}: apply`, async () => void (await workspace.apply()));
    await timed(`${name}: second plan`, () => workspace.expectNoChanges());
  }
  if (stacks.length > 1) {
    for (const { name, workspace } of standing) await timed(`${name}: plan with everything standing`, () => workspace.expectNoChanges());
  }
  await module.verify?.({ context, cloud, workspaces });
  while (standing.length > 0) {
    const { name, workspace } = standing[standing.length - 1];
    await timed(`${name}: destroy`, () => workspace.destroy());
    standing.pop();
  }
  // What no resource of the provider can delete (docs/project.md).
  await cloud.removeOrphanedDefaultGroups(before);
  await cloud.removeOrphanedQuotas(before);
  await cloud.expectUnchanged(before);
}
