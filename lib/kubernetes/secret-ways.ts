import { createHash } from 'node:crypto';
import { ClusterSecurity } from './cluster-security';
import { encryptionKeyNames } from './node-cloud-config';

/** Without encryption: everybody reads it. */
const PLAIN = 'plain';
const KMS = 'kms';

/**
 * The ways in which an API server reads Secrets in etcd, the one first in which it writes them. Short, for servers are remembered by it in tags of 60 characters: names of
 * keys are hashed.
 */
export function secretWays(security: ClusterSecurity = {}): string {
  const keys = encryptionKeyNames(security).map((name) => createHash('sha256').update(name).digest('hex').slice(0, 4));
  const { barbicanKms } = security;
  const ways = barbicanKms === undefined ? keys : barbicanKms.writes === false ? [...keys, KMS] : [KMS, ...keys];
  return (barbicanKms?.writes === false && keys.length === 0 ? [PLAIN, KMS] : ways.length === 0 ? [PLAIN] : ways).slice(0, 5).join('-');
}

/** Of a cluster whose options say nothing about it. */
export const DEFAULT_WAYS = secretWays();

/**
 * A condition of Terraform: whether a slot with those ways and one with the next read what the other one writes.
 *
 * @param former an expression of ways
 */
export function isReadable(former: string, next: string): string {
  const list = `split("-", ${former})`;
  const [writes] = next.split('-');
  const readsOurs = writes === PLAIN ? 'true' : `contains(${list}, "${writes}")`;
  // what was never encrypted has no step that could come first: whoever turns it on does it for the slots one by one
  return `${list}[0] == "${PLAIN}" || ${readsOurs} && contains(split("-", "${next}"), ${list}[0])`;
}
