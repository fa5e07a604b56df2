import { join } from 'node:path';
import { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { AdminAccess } from './admin-access';
import { escapeLiterals } from '../../core/escape-literals';
import { openstackProgram } from '../../core/openstack-program';
import { StepResource } from '../../core/step-resource';

/** Properties of adminStep. */
export interface AdminStepProps {
  readonly access: AdminAccess | undefined;
  /** What admin-step.cjs is told, in its environment without the prefix STRATA_. A change runs it again. */
  readonly facts: { readonly [name: string]: string };
  /** Its task when the step is made. */
  readonly task: string;
  /**
   * Its task before the step goes.
   * @default - nothing is done
   */
  readonly taskOnDestroy?: string;
  readonly dependsOn?: ITerraformDependable[];
}

/** Something that an administrator does in OpenStack and that no resource of the provider does. */
export function adminStep(scope: Construct, id: string, { access, facts, task, taskOnDestroy, dependsOn }: AdminStepProps): StepResource {
  const program = escapeLiterals(openstackProgram(join(__dirname, 'admin-step.cjs')));
  // What runs on destroy can refer to nothing but the step itself.
  const told = Object.fromEntries(Object.keys(facts).map((name) => [`STRATA_${name}`, `\${self.input.${name}}`]));
  const run = (what: string, when: 'create' | 'destroy') => ({
    type: 'local-exec',
    interpreter: ['node', '-e'],
    command: program,
    quiet: true, // it is long, and it says itself what it does
    when,
    environment: { STRATA_TASK: what, ...told, STRATA_CLOUD: '${self.input.cloud}', STRATA_CLOUDS_YAML: '${self.input.cloudsYaml}' },
  });
  return new StepResource(scope, id, {
    triggers: facts,
    input: { ...facts, cloud: access?.cloud ?? '', cloudsYaml: access?.cloudsYamlPath ?? '' },
    dependsOn,
    // the framework's type doesn't know "quiet"
    provisioners: [run(task, 'create'), ...(taskOnDestroy === undefined ? [] : [run(taskOnDestroy, 'destroy')])] as any,
  });
}
