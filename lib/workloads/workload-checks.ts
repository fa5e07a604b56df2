import { HealthCheck } from './health-check';
import { ContainerOptions, HelperContainer, PodOptions, PodResources, PodSecurity, PodSecurityLevel, PodToleration } from './pod-options';
import { configKey } from './pod-spec';
import { checkFurtherPorts, PORT_NAME } from './port-checks';
import { VolumeAccessMode, VolumeMount } from './volume-claim';
import { checkDnsLabel, checkDnsSubdomain } from '../core/naming';
import { check, checkInteger, checkKnown, checkListKnown, checkOneOf, checkUnique, fail, isKnown, Where } from '../core/validation';

/** What Kubernetes takes as the name of a label, an annotation: an optional prefix, and a name. */
const LABEL_KEY = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
/** Letters, digits and underscore: what every shell and every container runtime takes. */
const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const SECRET_NAME = /(^|_)(PASSWORD|PASSWD|SECRET|SECRET_KEY|TOKEN|API_KEY|ACCESS_KEY|PRIVATE_KEY)$/i;
/** Registry, path, tag and digest of an image. */
const IMAGE = /^[a-z0-9]([-a-z0-9._:]*[a-z0-9])?(\/[a-z0-9]+([-._]+[a-z0-9]+)*)*(:[A-Za-z0-9_][-A-Za-z0-9_.]{0,127})?(@sha256:[0-9a-f]{64})?$/;

export function checkLabels(where: Where, what: string, labels: { readonly [key: string]: string } | undefined): void {
  for (const [key, value] of Object.entries(labels ?? {})) {
    check(where, key, (k) => LABEL_KEY.test(k), {
      problem: `${what} has a key that Kubernetes rejects`,
      fix: 'write it as name or prefix.example.com/name',
    });
    check(where, value, (v) => LABEL_VALUE.test(v), {
      problem: `${what} ${key} has a value that Kubernetes rejects`,
      fix: 'use letters, digits, "-", "_" and ".", 63 characters at most',
    });
  }
}

export function checkImage(where: Where, image: string): void {
  check(where, image, (value) => IMAGE.test(value), {
    problem: 'image is not the name of a container image',
    fix: 'write it as registry.example.com/team/app:1.2',
  });
}

export function checkEnv(where: Where, { env = {}, secretEnv = {}, configEnv = {} }: ContainerOptions): void {
  const kinds = { env, secretEnv, configEnv };
  for (const name of Object.values(kinds).flatMap(Object.keys)) {
    check(where, name, (value) => ENV_NAME.test(value), {
      problem: 'name of an environment variable must be letters, digits and "_"',
      fix: 'choose another name',
    });
    const [first, second] = Object.entries(kinds).filter(([, variables]) => Object.hasOwn(variables, name));
    if (second) fail(where, { problem: `variable stands in both ${first[0]} and ${second[0]}`, value: name, fix: 'leave one of them out' });
  }
  for (const [name, value] of Object.entries(env)) {
    if (!SECRET_NAME.test(name) || !isKnown(value)) continue;
    fail(where, {
      problem: `env.${name} is a secret that would stand in the synthesised files`,
      fix: 'put it into a Secret and name that in secretEnv',
    });
  }
}

export function checkGeneratedPasswords(where: Where, passwords: readonly string[], given: { readonly [name: string]: unknown }): void {
  checkKnown(where, 'generatedPasswords', passwords);
  checkUnique(where, 'generated password', passwords);
  for (const name of passwords) {
    if (!Object.hasOwn(given, name)) continue;
    fail(where, { problem: 'variable has a generated password and another value', value: name, fix: 'leave one of them out' });
  }
}

export function checkResources(where: Where, resources: PodResources): void {
  for (const [name, value] of Object.entries(resources)) {
    checkKnown(where, `resources.${name}`, value); // quantities are computed
    checkInteger(where, `resources.${name}`, value, { min: 1 });
  }
  const { cpuMillicores = 250, cpuLimitMillicores, memoryMib = 512, memoryLimitMib } = resources;
  check(where, [cpuLimitMillicores, cpuMillicores], ([limit, request]) => limit === undefined || limit >= request!, {
    problem: 'resources.cpuLimitMillicores must not be less than cpuMillicores',
    fix: 'raise the limit',
  });
  check(where, [memoryLimitMib, memoryMib], ([limit, request]) => limit === undefined || limit >= request!, {
    problem: 'resources.memoryLimitMib must not be less than memoryMib',
    fix: 'raise the limit',
  });
}

export function checkSecurity(where: Where, security: PodSecurity): void {
  const lowest = security.level === PodSecurityLevel.BASELINE ? 0 : 1;
  checkInteger(where, 'security.runAsUser', security.runAsUser, { min: lowest, max: 2 ** 31 - 1 });
  checkInteger(where, 'security.runAsGroup', security.runAsGroup, { min: 0, max: 2 ** 31 - 1 });
  checkInteger(where, 'security.fsGroup', security.fsGroup, { min: 0, max: 2 ** 31 - 1 });
}

export function checkMountPath(where: Where, name: string, path: string): void {
  check(where, path, (value) => /^\/[^:\0]+$/.test(value) && !value.split('/').includes('..'), {
    problem: `${name} must be an absolute path without ":" and "..", and not "/"`,
    fix: 'write it as /var/lib/data',
  });
}

export function checkVolumeSize(where: Where, name: string, sizeGib: number): void {
  checkKnown(where, name, sizeGib);
  checkInteger(where, name, sizeGib, { min: 1, max: 1024 * 1024 });
}

/** Throws unless the number is one that can run, and can share its volumes. */
export function checkReplicas(where: Where, replicas: number, mounts: readonly VolumeMount[] = []): void {
  checkKnown(where, 'replicas', replicas);
  checkInteger(where, 'replicas', replicas, { min: 0, max: 1000 });
  const alone = mounts.find(({ claim }) => claim.accessMode !== VolumeAccessMode.READ_WRITE_MANY);
  if (alone === undefined || replicas <= 1) return;
  fail(where, {
    problem: `${replicas} replicas can't share the claim ${alone.claim.claimName}: its volume is attached to one node at a time`,
    value: alone.claim.accessMode,
    fix: 'run one replica, or give each its own volume by StatefulWorkload',
  });
}

export function checkHealthCheck(where: Where, healthCheck: HealthCheck): void {
  check(where, healthCheck.path, (path) => path.startsWith('/'), {
    problem: 'path of HealthCheck.http must begin with "/"',
    fix: 'write it as /healthz',
  });
  check(where, healthCheck.commandLine, (command) => command.length > 0, {
    problem: 'HealthCheck.command is empty',
    fix: 'give the program and its arguments',
  });
}

/** What a pod's options are checked with: the image's needs are in them already. */
export interface CheckedPod {
  readonly healthCheck: HealthCheck;
  readonly sidecars?: readonly HelperContainer[];
  readonly security: PodSecurity;
  readonly env: { readonly [name: string]: string };
  readonly ownVolume?: { readonly mountPath: string };
  readonly port?: number;
}

/** Throws for whatever Kubernetes, or the level of its namespace, would refuse of a pod. */
export function checkPod(where: Where, names: { readonly name: string; readonly namespace: string }, options: PodOptions, pod: CheckedPod): void {
  // The hash that controllers append to the name must still be a label's value.
  checkDnsLabel(where, 'name', names.name, 52);
  checkDnsLabel(where, 'namespace', names.namespace);
  checkContainer(where, { ...options, env: pod.env });
  checkHelpers(where, names.name, [...(options.initContainers ?? []), ...(pod.sidecars ?? [])]);
  checkSecurity(where, pod.security);
  checkHealthCheck(where, pod.healthCheck);
  checkInteger(where, 'terminationGraceSeconds', options.terminationGraceSeconds, { min: 1, max: 86400 });
  checkLabels(where, 'nodeSelector', options.nodeSelector);
  checkLabels(where, 'labels', options.labels);
  checkAnnotations(where, 'podAnnotations', options.podAnnotations);
  checkTolerations(where, options.tolerations ?? []);
  checkListKnown(where, 'imagePullSecrets', options.imagePullSecrets);
  for (const secret of options.imagePullSecrets ?? []) checkDnsSubdomain(where, 'imagePullSecrets', secret);
  checkDnsSubdomain(where, 'serviceAccountName', options.serviceAccountName);
  checkFurtherPorts(where, 'furtherPorts', pod.port === undefined ? undefined : { name: PORT_NAME, port: pod.port }, options.furtherPorts);
  checkPaths(where, names.namespace, options, pod.ownVolume?.mountPath);
}

function checkContainer(where: Where, container: ContainerOptions): void {
  checkImage(where, container.image);
  checkListKnown(where, 'command', container.command);
  checkListKnown(where, 'args', container.args);
  checkEnv(where, container);
  checkResources(where, container.resources ?? {});
}

function checkHelpers(where: Where, main: string, helpers: readonly HelperContainer[]): void {
  for (const helper of helpers) {
    checkDnsLabel(where, 'name of a container', helper.name);
    checkContainer(where, helper);
  }
  checkUnique(where, 'name of a container', [main, ...helpers.map(({ name }) => name)]);
}

export function checkAnnotations(where: Where, what: string, annotations: { readonly [key: string]: string } | undefined): void {
  for (const key of Object.keys(annotations ?? {})) {
    check(where, key, (k) => LABEL_KEY.test(k), {
      problem: `${what} has a key that Kubernetes rejects`,
      fix: 'write it as name or prefix.example.com/name',
    });
  }
}

function checkTolerations(where: Where, tolerations: readonly PodToleration[]): void {
  for (const { key, value, effect } of tolerations) {
    checkLabels(where, 'tolerations', { [key]: value ?? '' });
    checkOneOf(where, 'effect of a toleration', effect, ['NoSchedule', 'PreferNoSchedule', 'NoExecute']);
  }
}

function checkPaths(where: Where, namespace: string, options: PodOptions, ownPath: string | undefined): void {
  const { configFiles = {}, secretFiles = {}, scratchFolders = [], mounts = [] } = options;
  checkListKnown(where, 'scratchFolders', scratchFolders);
  const paths = [...Object.keys(configFiles), ...Object.keys(secretFiles), ...scratchFolders, ...mounts.map(({ path }) => path)];
  for (const path of paths) checkMountPath(where, 'path', path);
  checkUnique(where, 'path in the container', [ownPath, ...paths]);
  checkUnique(where, 'name of a file in configFiles, without its slashes,', Object.keys(configFiles).map(configKey));
  for (const { claim } of mounts) {
    check(where, claim.namespaceName, (of) => of === namespace, {
      problem: `the claim ${claim.claimName} is of another namespace, and can't be mounted in ${namespace}`,
      fix: 'make both in one namespace',
    });
  }
}
