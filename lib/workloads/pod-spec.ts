import { StatefulSetV1SpecTemplateSpec, StatefulSetV1SpecTemplateSpecContainer } from '@cdktf/provider-kubernetes/lib/stateful-set-v1';
import { HealthCheck } from './health-check';
import { PodResources, PodSecurity, PodSecurityLevel, SecretKey } from './workload';
import { cpuToQuantity, mibToQuantity } from '../core/quantity';

/** A container, settled. */
export interface ContainerFacts {
  readonly name: string;
  readonly image: string;
  readonly command?: string[];
  readonly args?: string[];
  readonly port: number;
  readonly env: { readonly [name: string]: string };
  readonly secretEnv: { readonly [name: string]: SecretKey };
  readonly resources: PodResources;
  readonly security: PodSecurity;
  readonly healthCheck: HealthCheck;
  readonly volume: { readonly name: string; readonly mountPath: string };
}

/** The name of the port, for probes and Services. */
export const PORT_NAME = 'main';

/** The group that may write to volumes where no user is given: any that no system has. */
const VOLUME_GROUP = 10001;

/** The pod of a workload with one container. At the level "restricted" it satisfies the Pod Security Standard of that name. */
export function podSpec(
  facts: ContainerFacts,
  terminationGraceSeconds: number,
  nodeSelector?: { readonly [label: string]: string },
): StatefulSetV1SpecTemplateSpec {
  const { security } = facts;
  const restricted = security.level !== PodSecurityLevel.BASELINE;
  const group = security.runAsGroup ?? security.runAsUser;
  return {
    // Nothing here talks to the API server.
    automountServiceAccountToken: false,
    // A Service "postgres" would put POSTGRES_PORT=tcp://… into the environment.
    enableServiceLinks: false,
    terminationGracePeriodSeconds: terminationGraceSeconds,
    nodeSelector: nodeSelector && { ...nodeSelector },
    securityContext: {
      runAsNonRoot: restricted,
      runAsUser: text(security.runAsUser),
      runAsGroup: text(group),
      fsGroup: text(security.fsGroup ?? group ?? VOLUME_GROUP),
      // A large volume isn't walked through at every start.
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    },
    container: [container(facts, restricted)],
  };
}

function container(facts: ContainerFacts, restricted: boolean): StatefulSetV1SpecTemplateSpecContainer {
  const { resources, healthCheck } = facts;
  const memoryMib = resources.memoryMib ?? 512;
  return {
    name: facts.name,
    image: facts.image,
    command: facts.command,
    args: facts.args,
    port: [{ name: PORT_NAME, containerPort: facts.port, protocol: 'TCP' }],
    env: [
      ...Object.entries(facts.env).map(([name, value]) => ({ name, value })),
      ...Object.entries(facts.secretEnv).map(([name, { name: secret, key }]) => ({ name, valueFrom: { secretKeyRef: { name: secret, key } } })),
    ],
    resources: {
      requests: { cpu: cpuToQuantity((resources.cpuMillicores ?? 250) / 1000), memory: mibToQuantity(memoryMib) },
      limits: {
        memory: mibToQuantity(resources.memoryLimitMib ?? memoryMib),
        ...(resources.cpuLimitMillicores === undefined ? {} : { cpu: cpuToQuantity(resources.cpuLimitMillicores / 1000) }),
      },
    },
    securityContext: restricted
      ? { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, privileged: false, runAsNonRoot: true, readOnlyRootFilesystem: false }
      : { privileged: false },
    volumeMount: [{ name: facts.volume.name, mountPath: facts.volume.mountPath }],
    // A first start may fill a volume: it has ten minutes.
    ...probe('startupProbe', healthCheck, { periodSeconds: 5, failureThreshold: 120 }),
    ...probe('readinessProbe', healthCheck, { periodSeconds: 10, failureThreshold: 3 }),
    ...probe('livenessProbe', healthCheck, { periodSeconds: 20, failureThreshold: 6 }),
  };
}

interface Timing {
  readonly periodSeconds: number;
  readonly failureThreshold: number;
}

function probe(name: string, check: HealthCheck, timing: Timing): { readonly [name: string]: object } {
  const common = { ...timing, timeoutSeconds: 5 };
  switch (check.kind) {
    case 'tcp':
      return { [name]: { tcpSocket: [{ port: PORT_NAME }], ...common } };
    case 'http':
      return { [name]: { httpGet: { path: check.path, port: PORT_NAME, scheme: 'HTTP' }, ...common } };
    case 'command':
      return { [name]: { exec: { command: check.commandLine }, ...common } };
    default:
      return {};
  }
}

function text(id: number | undefined): string | undefined {
  return id === undefined ? undefined : String(id);
}
