import { ContainerPort, ServicePort, ServiceProtocol } from './service-port';
import { check, checkInteger, checkUnique, Where } from '../core/validation';

/** The name of a workload's own port, for probes and Services. */
export const PORT_NAME = 'main';

export function checkPort(where: Where, name: string, port: number | undefined): void {
  checkInteger(where, name, port, { min: 1, max: 65535 });
}

/** Throws for a further port that Kubernetes would reject, or that is another one's. */
export function checkFurtherPorts(
  where: Where,
  what: string,
  first: ContainerPort | undefined,
  further: readonly (ContainerPort & ServicePort)[] = [],
): void {
  for (const { name, port, targetPort } of further) {
    check(where, name, (v) => v.length <= 15 && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(v) && /[a-z]/.test(v), {
      problem: `${what}.name must have lower-case letters, digits and "-", at least one letter, and 15 characters at most`,
      fix: 'choose another name, for example metrics',
    });
    checkPort(where, `${what}.port`, port);
    checkPort(where, `${what}.targetPort`, targetPort);
  }
  const all = first === undefined ? further : [first, ...further];
  checkUnique(
    where,
    `name in ${what}`,
    all.map(({ name }) => name),
  );
  checkUnique(
    where,
    `port in ${what}`,
    all.map(({ port, protocol = ServiceProtocol.TCP }) => `${port}/${protocol}`),
  );
}
