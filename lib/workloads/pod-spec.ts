import {
  StatefulSetV1SpecTemplateSpec,
  StatefulSetV1SpecTemplateSpecContainer,
  StatefulSetV1SpecTemplateSpecContainerVolumeDevice,
  StatefulSetV1SpecTemplateSpecContainerVolumeMount,
  StatefulSetV1SpecTemplateSpecTopologySpreadConstraint,
  StatefulSetV1SpecTemplateSpecVolume,
} from '@cdktf/provider-kubernetes/lib/stateful-set-v1';
import { HealthCheck } from './health-check';
import { ConfigMapKey, ContainerOptions, HelperContainer, PodOptions, PodSecurity, PodSecurityLevel, SecretKey } from './pod-options';
import { PORT_NAME } from './port-checks';
import { ReplicaSpread } from './replicated-pod-options';
import { escapeLiterals } from '../core/escape-literals';
import { cpuToQuantity, mibToQuantity } from '../core/quantity';

/** A pod, settled: what its workload's options and its image's needs come to. */
export interface PodFacts {
  readonly name: string;
  readonly selectorLabels: { readonly [label: string]: string };
  readonly options: PodOptions;
  /** The main container, with everything in its environment. */
  readonly main: ContainerOptions;
  readonly port?: number;
  readonly healthCheck: HealthCheck;
  readonly security: PodSecurity;
  readonly sidecars: readonly HelperContainer[];
  readonly spread: ReplicaSpread;
  /** Volume of a claim template, and where it is mounted. */
  readonly ownVolume?: { readonly name: string; readonly mountPath: string };
  /** ConfigMap with the config files, each under the key of its path. */
  readonly configMapName: string;
  /** "Always" for what runs until it is stopped, "Never" for what ends. */
  readonly restartPolicy: 'Always' | 'Never';
}

/** The group that may write to volumes where no user is given: any that no system has. */
const VOLUME_GROUP = 10001;

const CONFIG_VOLUME = 'config';

/** The key of a ConfigMap that a file lies under: `/etc/app/app.conf` is `etc-app-app.conf`. */
export function configKey(path: string): string {
  return path.replace(/^\/+/, '').replace(/[^-._A-Za-z0-9]+/g, '-');
}

/** The pod of a workload. At the level "restricted" it satisfies the Pod Security Standard of that name. */
export function podSpec(facts: PodFacts): StatefulSetV1SpecTemplateSpec {
  const { security, options } = facts;
  const restricted = security.level !== PodSecurityLevel.BASELINE;
  const group = security.runAsGroup ?? security.runAsUser;
  const { volumes, mounts, devices } = storage(facts);
  const helper = (container: HelperContainer) => ({
    ...base(container, container.name, facts, restricted),
    volumeMount: mounts,
    volumeDevice: devices,
  });
  return {
    // Nothing talks to the API server unless it has an account for that.
    automountServiceAccountToken: options.serviceAccountName !== undefined,
    serviceAccountName: options.serviceAccountName,
    // A Service "postgres" would put POSTGRES_PORT=tcp://… into the environment.
    enableServiceLinks: false,
    restartPolicy: facts.restartPolicy,
    terminationGracePeriodSeconds: options.terminationGraceSeconds ?? 60,
    nodeSelector: options.nodeSelector && { ...options.nodeSelector },
    toleration: some(
      options.tolerations?.map(({ key, value, effect }) => ({ key, value, effect, operator: value === undefined ? 'Exists' : 'Equal' })),
    ),
    imagePullSecrets: some(options.imagePullSecrets?.map((name) => ({ name }))),
    securityContext: {
      runAsNonRoot: restricted,
      runAsUser: text(security.runAsUser),
      runAsGroup: text(group),
      fsGroup: text(security.fsGroup ?? group ?? VOLUME_GROUP),
      // A large volume isn't walked through at every start.
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    },
    topologySpreadConstraint: some(spreadConstraints(facts)),
    volume: some(volumes),
    initContainer: some(options.initContainers?.map(helper)),
    container: [
      {
        ...base(facts.main, facts.name, facts, restricted),
        port: some(containerPorts(facts)),
        volumeMount: mounts,
        volumeDevice: devices,
        // A first start may fill a volume: it has ten minutes.
        ...probe('startupProbe', facts.healthCheck, { periodSeconds: 5, failureThreshold: 120 }),
        ...probe('readinessProbe', facts.healthCheck, { periodSeconds: 10, failureThreshold: 3 }),
        ...probe('livenessProbe', facts.healthCheck, { periodSeconds: 20, failureThreshold: 6 }),
      },
      ...facts.sidecars.map(helper),
    ],
  };
}

function containerPorts({ port, options: { furtherPorts = [] } }: PodFacts) {
  const first = port === undefined ? [] : [{ name: PORT_NAME, containerPort: port, protocol: 'TCP' }];
  return [...first, ...furtherPorts.map((further) => ({ name: further.name, containerPort: further.port, protocol: further.protocol ?? 'TCP' }))];
}

/** What every container of the pod has. */
function base(container: ContainerOptions, name: string, { security }: PodFacts, restricted: boolean): StatefulSetV1SpecTemplateSpecContainer {
  const { resources = {} } = container;
  const memoryMib = resources.memoryMib ?? 512;
  const readOnlyRootFilesystem = security.readOnlyRootFilesystem ?? false;
  return {
    name,
    image: container.image,
    command: container.command?.map(literal),
    args: container.args?.map(literal),
    env: [
      ...Object.entries(container.env ?? {}).map(([variable, value]) => ({ name: variable, value: literal(value) })),
      ...Object.entries(container.configEnv ?? {}).map(([variable, key]) => ({ name: variable, valueFrom: { configMapKeyRef: keyRef(key) } })),
      ...Object.entries(container.secretEnv ?? {}).map(([variable, key]) => ({ name: variable, valueFrom: { secretKeyRef: keyRef(key) } })),
    ],
    resources: {
      requests: { cpu: cpuToQuantity((resources.cpuMillicores ?? 250) / 1000), memory: mibToQuantity(memoryMib) },
      limits: {
        memory: mibToQuantity(resources.memoryLimitMib ?? memoryMib),
        ...(resources.cpuLimitMillicores === undefined ? {} : { cpu: cpuToQuantity(resources.cpuLimitMillicores / 1000) }),
      },
    },
    securityContext: restricted
      ? { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, privileged: false, runAsNonRoot: true, readOnlyRootFilesystem }
      : { privileged: false, ...(readOnlyRootFilesystem && { readOnlyRootFilesystem }) },
  };
}

interface Storage {
  readonly volumes: StatefulSetV1SpecTemplateSpecVolume[];
  readonly mounts: StatefulSetV1SpecTemplateSpecContainerVolumeMount[];
  readonly devices?: StatefulSetV1SpecTemplateSpecContainerVolumeDevice[];
}

/** The pod's volumes, and where its containers find them. */
function storage({ options, ownVolume, configMapName }: PodFacts): Storage {
  const files = Object.keys(options.configFiles ?? {});
  const secrets = Object.entries(options.secretFiles ?? {});
  const folders = options.scratchFolders ?? [];
  const claims = (options.mounts ?? []).map((mount, i) => ({ ...mount, name: `claim-${i}` }));
  const devices = claims.filter(({ claim }) => claim.rawBlock).map(({ name, path }) => ({ name, devicePath: path }));
  return {
    volumes: [
      ...(files.length > 0 ? [{ name: CONFIG_VOLUME, configMap: { name: configMapName, defaultMode: '0444' } }] : []),
      // Readable by the group, which is fsGroup.
      ...secrets.map(([, { name, key }], i) => ({
        name: `secret-${i}`,
        secret: { secretName: name, defaultMode: '0440', items: [{ key, path: SECRET_FILE }] },
      })),
      ...folders.map((_, i) => ({ name: `scratch-${i}`, emptyDir: {} })),
      ...claims.map(({ name, claim, readOnly }) => ({
        name,
        persistentVolumeClaim: { claimName: claim.claimName, readOnly: readOnly || undefined },
      })),
    ],
    mounts: [
      ...(ownVolume ? [ownVolume] : []),
      ...files.map((path) => ({ name: CONFIG_VOLUME, mountPath: path, subPath: configKey(path), readOnly: true })),
      ...secrets.map(([path], i) => ({ name: `secret-${i}`, mountPath: path, subPath: SECRET_FILE, readOnly: true })),
      ...folders.map((mountPath, i) => ({ name: `scratch-${i}`, mountPath })),
      ...claims
        .filter(({ claim }) => !claim.rawBlock)
        .map(({ name, path, readOnly }) => ({ name, mountPath: path, readOnly: readOnly || undefined })),
    ],
    devices: some(devices),
  };
}

/** Name of a Secret's key as a file of its volume. */
const SECRET_FILE = 'file';

/** Always there, whatever the number of replicas: with one they say nothing, and a second one doesn't restart the first. */
function spreadConstraints({ spread, selectorLabels }: PodFacts): StatefulSetV1SpecTemplateSpecTopologySpreadConstraint[] {
  if (spread === ReplicaSpread.NONE) return [];
  const over = (topologyKey: string, required: boolean) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: required ? 'DoNotSchedule' : 'ScheduleAnyway',
    labelSelector: [{ matchLabels: { ...selectorLabels } }],
  });
  // Zones are never required: a node without the label would take no pod at all.
  return [over('topology.kubernetes.io/zone', false), over('kubernetes.io/hostname', spread === ReplicaSpread.REQUIRED)];
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
      return { [name]: { exec: { command: check.commandLine?.map(literal) }, ...common } };
    default:
      return {};
  }
}

function keyRef({ name, key }: SecretKey | ConfigMapKey): { readonly name: string; readonly key: string } {
  return { name, key };
}

/** A shell's `${HOME}` is the shell's: Terraform would look for a reference of that name. */
function literal(value: string): string {
  return escapeLiterals(value);
}

function text(id: number | undefined): string | undefined {
  return id === undefined ? undefined : String(id);
}

function some<T>(list: T[] | undefined): T[] | undefined {
  return list && list.length > 0 ? list : undefined;
}
