import { Precondition } from 'cdktf';
import { Construct } from 'constructs';
import { attributeAddress } from '../core/replacement';
import { StepResource } from '../core/step-resource';
import { isKnown } from '../core/validation';

/**
 * Conditions under which a plan leaves alone what a cluster was told once and can't be told again: its running nodes, certificates and pods hold it. What it was
 * when the cluster was made is kept in the state, and a plan with anything else is refused before it takes the cluster's addresses away.
 */
export function settledFacts(scope: Construct, cluster: Construct, facts: { readonly [name: string]: string | undefined }): Precondition[] {
  const known = Object.entries(facts)
    .map(([name, value]) => [name, value ?? 'none'] as const)
    .filter(([, value]) => isKnown(value));
  const settled = new StepResource(scope, 'Settled', { input: Object.fromEntries(known), lifecycle: { ignoreChanges: ['input'] } });
  return known.map(([name, value]) => {
    // a fact that is younger than the cluster is taken as it is now
    const former = `try(${attributeAddress(settled, 'output')}.${name}, "${value}")`;
    return {
      condition: `\${${former} == "${value}"}`,
      errorMessage:
        `${cluster.node.path}: ${name} was settled as \${${former}} when the cluster was made, and would become ${value}: ` +
        'its nodes, certificates and pods hold the former; keep it, or make a new cluster beside this one and move what runs on it',
    };
  });
}
