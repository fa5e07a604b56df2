import { ServerGroupPolicy } from './server-group-policy';
import { isKnown } from '../core/validation';

/**
 * Hard anti-affinity where the cloud has a hypervisor for every server of the group, soft where it hasn't or where that isn't known:
 * hard anti-affinity with too few hypervisors ends in "No valid host was found".
 *
 * @param servers how many there are at the same time: for servers that are replaced by making the new one first, one more than the group has
 * @param computeHostCount hypervisors of the cloud, if known
 */
export function antiAffinityFor(servers: number, computeHostCount: number | undefined): ServerGroupPolicy {
  if (computeHostCount === undefined || !isKnown([servers, computeHostCount])) return ServerGroupPolicy.SOFT_ANTI_AFFINITY;
  return computeHostCount >= servers ? ServerGroupPolicy.ANTI_AFFINITY : ServerGroupPolicy.SOFT_ANTI_AFFINITY;
}
