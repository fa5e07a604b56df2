import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ITerraformDependable, TerraformLocal, TerraformResourceLifecycle } from 'cdktf';
import { Construct } from 'constructs';
import { TOKEN_DESCRIPTION } from './bootstrap/kubeadm-config';
import { BootstrapToken } from './bootstrap-token';
import { ReadyGate } from './ready-gate';
import { OnUnreachable, WorkerDrain } from './worker-drain';
import { WorkerPoolProps } from './worker-pool';
import { address } from '../core/replacement';
import { StepResource, StepResourceProps } from '../core/step-resource';
import { TemplateText } from '../core/template-text';
import { NovaServer } from '../nova/nova-server';
import { ServerPool } from '../nova/server-pool';

/** What every step needs that asks the cluster by kubectl. None of it is secret: else Terraform would hide what the programs say, until they fail. */
export interface RunnerStepProps {
  readonly clusterName: string;
  /** The cluster's CA, PEM. */
  readonly caCertificate: string;
  /** The kubeconfig file on the machine that runs Terraform. */
  readonly kubeconfigPath?: string;
  /** "true" while the cluster is being made, as far as Neutron tells: see ControlPlaneRolls. */
  readonly isBirth: string;
  readonly dependsOn: ITerraformDependable[];
}

/** What the step needs that registers the token. */
export interface TokenStepProps extends RunnerStepProps {
  /** URL of the API. */
  readonly host: string;
  /** Name that is in every certificate of the API. */
  readonly certifiedName: string;
}

/** A program beside Terraform, with what it logs in by. */
function step(
  scope: Construct,
  id: string,
  program: string,
  props: RunnerStepProps,
  triggers: { [name: string]: string },
  environment: { [name: string]: string },
  lifecycle?: TerraformResourceLifecycle,
): StepResource {
  const parts = ['kubectl-login.sh', program].map((name) => readFileSync(join(__dirname, name), 'utf8'));
  return new StepResource(scope, id, {
    triggers,
    dependsOn: props.dependsOn,
    lifecycle,
    provisioners: [
      {
        type: 'local-exec',
        interpreter: ['bash', '-c'],
        command: new TemplateText(scope, `${id}Program`, { parts }).value,
        quiet: true, // it is long, and it says itself what it does
        environment: {
          STRATA_CLUSTER: props.clusterName,
          STRATA_CA: props.caCertificate,
          STRATA_KUBECONFIG: props.kubeconfigPath ?? '',
          STRATA_BIRTH: props.isBirth,
          ...environment,
        },
      } as any, // the framework's type doesn't know "quiet"
    ],
  });
}

/**
 * Sees that the cluster can be reached, for what is done behind new workers: run again whenever it is known before them that workers come or go. All of a pool comes
 * after it, or a change that it stops would have begun.
 */
export function runnerCheck(
  scope: Construct,
  id: string,
  pools: readonly Pick<WorkerPoolProps, 'name' | 'replicas' | 'generation'>[],
  onUnreachable: OnUnreachable,
  props: RunnerStepProps,
): StepResource {
  const wanted = Object.fromEntries(pools.map(({ name, replicas, generation = 1 }) => [name, `${replicas} of generation ${generation}`]));
  // Destroyed first, it would have to wait for the workers that go, and they for the drainer behind it.
  return step(scope, id, 'runner-check.sh', props, wanted, { STRATA_ON_UNREACHABLE: onUnreachable }, { createBeforeDestroy: true });
}

/** The gate behind a rolled control-plane slot: run again with every new server of a slot. */
export function rollGate(scope: Construct, id: string, servers: readonly NovaServer[], gate: ReadyGate, props: RunnerStepProps): StepResource {
  const ids = Object.fromEntries(servers.map((server) => [server.serverName, server.serverId]));
  return step(scope, id, 'roll-gate.sh', props, ids, {
    STRATA_SLOTS: servers.map((server) => `${server.serverName}=${server.serverId}`).join(' '),
    STRATA_TIMEOUT: String(gate.timeoutSeconds),
  });
}

/** The one drainer of a cluster: run again whenever a worker comes or goes, after the new servers are there and before the old ones go. */
export function drainer(scope: Construct, id: string, pools: readonly ServerPool[], drain: WorkerDrain, props: RunnerStepProps): StepResource {
  const wanted = pools.map((pool, i) => [`STRATA_POOL_${i}`, pool.servers.map((server) => `${server.serverName}=${server.serverId}`).join(' ')]);
  return step(
    scope,
    id,
    'drain-workers.sh',
    { ...props, dependsOn: [...props.dependsOn, ...pools.flatMap((pool) => pool.ready)] },
    serverIds(pools),
    {
      STRATA_TIMEOUT: String(drain.readyTimeoutSeconds),
      STRATA_DRAIN_TIMEOUT: String(drain.drainTimeoutSeconds),
      STRATA_UNMANAGED_PODS: drain.deleteUnmanagedPods ? 'delete' : 'keep',
      STRATA_ON_UNREACHABLE: drain.onUnreachable,
      ...Object.fromEntries(wanted),
    },
  );
}

/**
 * What a step has that remembers the workers of the last drain that was passed, and is changed in place.
 *
 * That workers which left the program go after the drain, Terraform knows by what the state says of the drainer before. A drain that failed takes that away, and the
 * next apply would delete them beside the drain; by this they go after it still.
 */
export function drained(pools: readonly ServerPool[], drains: StepResource): Pick<StepResourceProps, 'input' | 'dependsOn'> {
  return { input: serverIds(pools), dependsOn: [drains] };
}

/**
 * Registers the token with which workers join: when it is another one, and again whenever a worker comes, once its server is there; it tries until the token is good.
 * A birth that can't register it ends there if the API no longer takes it.
 * A step of its own, for what it is told is secret, and Terraform says nothing of such a program but when it fails.
 */
export function tokenStep(
  scope: Construct,
  id: string,
  pools: readonly ServerPool[],
  token: BootstrapToken,
  value: string,
  onUnreachable: OnUnreachable,
  props: TokenStepProps,
): StepResource {
  const known = new TerraformLocal(scope, `${id}Value`, value); // of two parts, which is none for a function of the framework
  const triggers = { ...serverIds(pools), token: `\${nonsensitive(sha256(${address(known)}))}` };
  return step(scope, id, 'register-token.sh', { ...props, dependsOn: [...props.dependsOn, ...pools.flatMap((pool) => pool.ready)] }, triggers, {
    STRATA_TOKEN: value,
    STRATA_TOKEN_HOURS: String(token.lifetimeHours),
    STRATA_TOKEN_DESCRIPTION: TOKEN_DESCRIPTION,
    STRATA_HOST: props.host,
    STRATA_NAME: props.certifiedName,
    STRATA_ON_UNREACHABLE: onUnreachable,
  });
}

/** Changes whenever a worker comes or goes. */
function serverIds(pools: readonly ServerPool[]): { [pool: string]: string } {
  return Object.fromEntries(pools.map((pool) => [pool.poolName, pool.servers.map((server) => server.serverId).join(' ')]));
}
