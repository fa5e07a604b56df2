import { join } from 'node:path';
import { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { ClusterSweep } from './cluster-sweep';
import { IOpenStackCloud } from '../contracts/openstack-cloud';
import { escapeLiterals } from '../core/escape-literals';
import { openstackProgram } from '../core/openstack-program';
import { inSameStack } from '../core/same-stack';
import { StepResource } from '../core/step-resource';

/** Properties of sweepStep. */
export interface SweepStepProps {
  readonly sweep: ClusterSweep;
  readonly cloud: IOpenStackCloud;
  readonly clusterName: string;
  /** The project's id. */
  readonly projectId: string;
  /**
   * Whether what Kuryr's controller made goes as well, or alone.
   * @default "no"
   */
  readonly kuryr?: 'no' | 'also' | 'only';
  /** What must still stand when it sweeps. */
  readonly dependsOn: ITerraformDependable[];
}

/**
 * The step that does nothing but try its credentials when the cluster is made, and removes the controllers' leftovers when the cluster goes. What runs on
 * destroy can refer to nothing but the step itself, so the program stands in it as it is, and what it needs to know is its input. It has no triggers: it must
 * not be replaced while the cluster lives.
 */
export function sweepStep(scope: Construct, id: string, props: SweepStepProps): StepResource {
  const { sweep, cloud, clusterName, projectId } = props;
  const program = escapeLiterals(openstackProgram(join(__dirname, 'sweep-cluster.cjs')));
  const run = (mode: 'check' | 'sweep', when: 'create' | 'destroy') => ({
    type: 'local-exec',
    interpreter: ['node', '-e'],
    command: program,
    quiet: true, // it is long, and it says itself what it does
    when,
    environment: {
      STRATA_MODE: mode,
      STRATA_CLUSTER: '${self.input.cluster}',
      STRATA_PROJECT: '${self.input.project}',
      STRATA_AUTH_URL: '${self.input.authUrl}',
      STRATA_REGION: '${self.input.region}',
      STRATA_CLOUD: '${self.input.cloud}',
      STRATA_RETAIN_VOLUMES: '${self.input.retainVolumes}',
      STRATA_KURYR: '${self.input.kuryr}',
      STRATA_TIMEOUT: '${self.input.timeout}',
    },
  });
  return new StepResource(scope, id, {
    input: {
      cluster: clusterName,
      project: projectId,
      authUrl: cloud.authUrl,
      region: cloud.region,
      cloud: sweep.cloud ?? '',
      retainVolumes: String(sweep.retainVolumes),
      kuryr: props.kuryr ?? 'no',
      timeout: String(sweep.timeoutSeconds),
    },
    dependsOn: inSameStack(scope, props.dependsOn),
    provisioners: [run('check', 'create'), run('sweep', 'destroy')] as any, // the framework's type doesn't know "quiet"
  });
}
