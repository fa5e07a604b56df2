import { IpFamilyPolicy } from './ip-family-policy';
import { PORT_NAME } from './port-checks';
import { ServicePort, ServiceProtocol } from './service-port';
import { IKubernetesCluster } from '../contracts/kubernetes-cluster';
import { parseCidr } from '../core/cidr-checks';
import { IpFamily } from '../core/ip-family';
import { check, checkListKnown, checkUnique, fail, Where } from '../core/validation';

/** The ports of a Service, the first one under the name of the containers' first. */
export function servicePorts(first: Omit<ServicePort, 'name'>, further: readonly ServicePort[] = []) {
  return [{ name: PORT_NAME, ...first }, ...further].map(({ name, port, targetPort = port, protocol = ServiceProtocol.TCP }) => ({
    name,
    port,
    targetPort: String(targetPort),
    protocol,
  }));
}

/** Throws for IP families that the cluster doesn't have. */
export function checkFamilies(
  where: Where,
  cluster: IKubernetesCluster,
  policy: IpFamilyPolicy | undefined,
  families: readonly IpFamily[] | undefined,
): void {
  checkListKnown(where, 'ipFamilies', families);
  checkUnique(where, 'family in ipFamilies', families ?? []);
  const dual = policy === IpFamilyPolicy.PREFER_DUAL_STACK || policy === IpFamilyPolicy.REQUIRE_DUAL_STACK;
  if (families !== undefined && families.length > 1 && !dual) {
    fail(where, {
      problem: 'ipFamilies has two families, and a Service has one unless its policy says otherwise',
      value: families,
      fix: 'give ipFamilyPolicy',
    });
  }
  if (cluster.imported) return; // nobody knows whether it has a second one
  const known = [cluster.serviceCidr, cluster.secondaryServiceCidr].filter((cidr) => cidr !== undefined);
  if (policy === IpFamilyPolicy.REQUIRE_DUAL_STACK && known.length < 2) {
    fail(where, {
      problem: `the cluster ${cluster.clusterName} has Services of one IP family alone`,
      value: cluster.serviceCidr,
      fix: 'use PREFER_DUAL_STACK, or make the cluster with secondaryNodeCidr',
    });
  }
  const had = known.map((cidr) => parseCidr(where, "the cluster's serviceCidr", cidr)?.family);
  if (had.includes(undefined)) return;
  for (const family of families ?? []) {
    check(where, family, (one) => had.includes(one), {
      problem: `the cluster ${cluster.clusterName} has no Services of that IP family`,
      fix: `use ${had.join(' or ')}`,
    });
  }
}
