import { ITerraformDependable, Precondition } from 'cdktf';
import { Construct } from 'constructs';
import { CheckedCluster } from './cluster-checks';
import { ClusterRanges } from './cluster-ranges';
import { IClusterNetwork } from '../contracts/cluster-network';
import { attributeAddress } from '../core/replacement';
import { inSameStack } from '../core/same-stack';
import { StepResource } from '../core/step-resource';
import { isKnown } from '../core/validation';
import { Ipv6AddressMode } from '../nova/ipv6-address-mode';

type Facts = { readonly [name: string]: string | undefined };

/** What a cluster is told once. */
export function factsOf(props: CheckedCluster, cluster: ClusterRanges & { readonly clusterName: string; readonly network: IClusterNetwork }): Facts {
  const { api, cloud } = props;
  const { _virtualAddress: virtual } = api;
  return {
    clusterName: cluster.clusterName,
    nodeCidr: cluster.network.cidr,
    secondaryNodeCidr: cluster.network.secondarySubnet?.cidr,
    // Ports, and with them servers, would be made anew in another network, all at once.
    network: props.network === undefined ? 'its own' : 'given',
    subnetId: props.network?.subnetId,
    podCidr: cluster.podCidr,
    secondaryPodCidr: cluster.secondaryPodCidr,
    serviceCidr: cluster.serviceCidr,
    secondaryServiceCidr: cluster.secondaryServiceCidr,
    api: virtual === undefined ? 'octavia' : 'keepalived',
    // Octavia and Neutron would answer another one of these with another load balancer, address or subnet.
    ...(virtual === undefined
      ? { loadBalancerProvider: cloud.loadBalancerProvider, vipAddress: api.vipAddress }
      : { virtualAddress: virtual.address }),
    ...(props.network === undefined && {
      ipv6AddressMode: props.ipv6AddressMode ?? Ipv6AddressMode.DHCPV6_STATEFUL,
      ipv6SubnetPoolId: props.ipv6SubnetPoolId,
      ipv4SubnetPoolId: props.ipv4SubnetPoolId,
    }),
  };
}

/**
 * Conditions under which a plan leaves alone what a cluster was told once and can't be told again: its running nodes, certificates and pods hold it. What it was
 * when the cluster was made is kept in the state, and a plan with anything else is refused before it takes the cluster's addresses away.
 *
 * @param after what has the addresses: as long as Neutron or Octavia refuse them, nothing is settled
 */
export function settledFacts(scope: Construct, cluster: Construct, facts: Facts, after: readonly ITerraformDependable[]): Precondition[] {
  const known = Object.entries(facts)
    .map(([name, value]) => [name, value ?? 'none'] as const)
    .filter(([name, value]) => isKnown(value) || name === 'subnetId'); // of a network in another stack it is a reference, which has a value in a plan
  const settled = new StepResource(scope, 'Settled', {
    input: Object.fromEntries(known),
    dependsOn: inSameStack(scope, after),
    lifecycle: { ignoreChanges: ['input'] },
  });
  return known.map(([name, value]) => {
    // a fact that is younger than the cluster is taken as it is now
    const present = isKnown(value) ? `"${value}"` : value; // within an expression the framework writes a reference as it is
    const former = `try(${attributeAddress(settled, 'output')}.${name}, ${present})`;
    return {
      condition: `\${${former} == ${present}}`,
      errorMessage:
        `${cluster.node.path}: ${name} was settled as \${${former}} when the cluster was made, and would become ${value}: ` +
        'its nodes, certificates and pods hold the former; keep it, or make a new cluster beside this one and move what runs on it',
    };
  });
}
