import { HealthCheck } from './health-check';
import { PodResources, PodSecurity, PodSecurityLevel, SecretKey } from './workload';
import { check, checkInteger, checkKnown, fail, isKnown, Where } from '../core/validation';

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

export function checkPort(where: Where, name: string, port: number | undefined): void {
  checkInteger(where, name, port, { min: 1, max: 65535 });
}

export function checkEnv(where: Where, env: { readonly [name: string]: string }, secretEnv: { readonly [name: string]: SecretKey }): void {
  for (const name of [...Object.keys(env), ...Object.keys(secretEnv)]) {
    check(where, name, (value) => ENV_NAME.test(value), {
      problem: 'name of an environment variable must be letters, digits and "_"',
      fix: 'choose another name',
    });
  }
  for (const [name, value] of Object.entries(env)) {
    if (name in secretEnv) fail(where, { problem: 'variable stands in both env and secretEnv', value: name, fix: 'leave one of them out' });
    if (!SECRET_NAME.test(name) || !isKnown(value)) continue;
    fail(where, {
      problem: `env.${name} is a secret that would stand in the synthesised files`,
      fix: 'put it into a Secret and name that in secretEnv',
    });
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

export function checkMountPath(where: Where, path: string): void {
  check(where, path, (value) => /^\/[^:\0]+$/.test(value) && !value.split('/').includes('..'), {
    problem: 'volume.mountPath must be an absolute path without ":" and "..", and not "/"',
    fix: 'write it as /var/lib/data',
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
