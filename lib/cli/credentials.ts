import { spawnSync } from 'node:child_process';
import { SynthesisedStack } from './synthesised-stack';

/** Fetches an administrator's credentials from the deployment host again, by the very script that the stack's last step ran. Returns the exit code. */
export function fetchCredentials(stack: SynthesisedStack): number {
  for (const [name, step] of stack.steps) {
    const environment = step.provisioner?.map((each) => each['local-exec']?.environment).find((each) => each?.STRATA_HAND_OVER !== undefined);
    if (environment === undefined) continue;
    const values = Object.entries(environment).map(([variable, text]) => [variable, stack.literal(text)] as const);
    const unknown = values.filter(([, value]) => value === undefined).map(([variable]) => variable);
    if (unknown.length > 0) {
      throw new Error(
        `only Terraform knows ${unknown.join(', ')}; in ${stack.folder} run: terraform apply -target=terraform_data.${name} -replace=terraform_data.${name}`,
      );
    }
    const env = { ...process.env, ...Object.fromEntries(values) };
    const { status, error } = spawnSync('/bin/bash', ['-c', 'eval "$STRATA_HAND_OVER"'], { env, stdio: 'inherit' });
    if (error) throw error;
    return status ?? 1;
  }
  throw new Error(`stack ${stack.name} deploys no cloud whose credentials could be fetched`);
}
