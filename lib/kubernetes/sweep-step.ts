import { join } from 'node:path';
import { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { ClusterSweep } from './cluster-sweep';
import { IOpenStackCloud } from '../contracts/openstack-cloud';
import { escapeLiterals } from '../core/escape-literals';
import { openstackProgram } from '../core/openstack-program';
import { inSameStack } from '../core/same-stack';
import { StepResource } from '../core/step-resource';

/** What tells a cluster from others of its project. */
export interface ClusterNames {
  /** Neutron's id of the port of the first control-plane slot: every cluster has one, under the cluster's name, before it has servers. */
  readonly slotPortId: string;
  /** What the names of its servers begin with: `-<number>` follows, and in pools perhaps `-g<generation>`. */
  readonly servers: readonly string[];
}

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
  /**
   * By what the cluster's name, and those of its servers, are found to be free when it is made.
   * @default - they aren't looked at: the cluster is there
   */
  readonly names?: ClusterNames;
  /** What must still stand when it sweeps. */
  readonly dependsOn: ITerraformDependable[];
}

/**
 * The step that tries its credentials when the cluster is made, refuses a name that another cluster or its servers have, and removes the controllers' leftovers
 * when the cluster goes. What runs on destroy can refer to nothing but the step itself, so the program stands in it as it is, and what it needs to know is its
 * input. It has no triggers: it must not be replaced while the cluster lives. What was refused is tainted: its destroy sweeps nothing.
 */
export function sweepStep(scope: Construct, id: string, props: SweepStepProps): StepResource {
  const { sweep, cloud, clusterName, projectId } = props;
  const names = props.names && { STRATA_PORT: props.names.slotPortId, STRATA_SERVERS: props.names.servers.join(',') };
  const program = escapeLiterals(openstackProgram(join(__dirname, 'sweep-cluster.cjs')));
  const run = (mode: 'check' | 'sweep', when: 'create' | 'destroy', further = {}) => ({
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
      ...further,
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
    provisioners: [run('check', 'create', names), run('sweep', 'destroy')] as any, // the framework's type doesn't know "quiet"
  });
}
