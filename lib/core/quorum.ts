import { fail, isKnown, Where } from './validation';

/** How many of so many voters must agree: more than half. It governs etcd, Galera, RabbitMQ and the OVN databases alike. */
export function quorumSize(voters: number): number {
  return Math.floor(voters / 2) + 1;
}

/** How many voters may fail before the rest can't decide any more. */
export function toleratedFailures(voters: number): number {
  return voters - quorumSize(voters);
}

/** Throws unless the number of voters is one of those allowed. `what` names the property: "controlPlane.replicas". */
export function assertQuorum(where: Where, what: string, replicas: number | undefined, allowed: readonly number[] = [1, 3, 5]): void {
  if (replicas === undefined || !isKnown(replicas) || allowed.includes(replicas)) return;
  const list = allowed.join(', ');
  if (!Number.isSafeInteger(replicas) || replicas < 1) {
    fail(where, { problem: `${what} must be one of ${list}`, value: replicas, fix: `use ${nearest(replicas, allowed)}` });
  }
  if (replicas % 2 === 0) {
    const less = replicas - 1;
    fail(where, {
      problem:
        `${what} must be odd (${list}): ${replicas} voters need ${quorumSize(replicas)} to agree and tolerate ${toleratedFailures(replicas)} failed, ` +
        `no more than ${less} would, with one machine more that can fail`,
      value: replicas,
      fix: `use ${nearest(replicas, allowed)}`,
    });
  }
  fail(where, {
    problem: `${what} must be one of ${list}: every write waits for ${quorumSize(replicas)} of ${replicas} voters`,
    value: replicas,
    fix: `use ${nearest(replicas, allowed)}`,
  });
}

/** The allowed number that is next; of two equally near ones the greater, which tolerates more. */
function nearest(value: number, allowed: readonly number[]): number {
  const distance = (n: number) => (Number.isFinite(value) ? Math.abs(n - value) : n);
  return allowed.reduce((best, n) => (distance(n) < distance(best) || (distance(n) === distance(best) && n > best) ? n : best));
}
