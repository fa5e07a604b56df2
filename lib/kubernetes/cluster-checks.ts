import { Annotations, Op, Token } from 'cdktf';
import { IConstruct } from 'constructs';
import { ApiEndpoint } from './api-endpoint';
import { ClusterOptions } from './cluster-options';
import { checkClusterSettings } from './node-cloud-config';
import { unsafeZones } from './zones';
import { IClusterNetwork } from '../contracts/cluster-network';
import { Cni } from '../contracts/cni';
import { CloudCredential } from '../contracts/kubernetes-cluster';
import { IOpenStackCloud } from '../contracts/openstack-cloud';
import { assertDisjoint, parseCidr } from '../core/cidr-checks';
import { IpFamily } from '../core/ip-family';
import { Mtu } from '../core/mtu';
import { checkClusterName, checkDnsLabel } from '../core/naming';
import { assertQuorum, quorumSize } from '../core/quorum';
import { serviceSubnetOf } from '../core/service-subnet';
import { check, checkInteger, checkListKnown, checkUnique, describe, fail, isKnown, Where } from '../core/validation';
import { assertNewCluster } from '../core/version-matrix';

/** What is checked of a cluster on Nova before any of it is made. */
export interface CheckedCluster extends ClusterOptions {
  readonly cloud: IOpenStackCloud;
  readonly clusterName: string;
  readonly api: ApiEndpoint;
  readonly network?: IClusterNetwork;
  readonly cloudCredential?: CloudCredential;
}

/** Throws for what can be said without any other construct. */
export function checkCluster(where: IConstruct, props: CheckedCluster): void {
  const { cloud, clusterName, version, controlPlane, workerPools, api } = props;
  if (!isKnown(clusterName)) {
    fail(where, { problem: 'clusterName must be known at synth, a reference was given', fix: 'give the text itself: servers are named by it' });
  }
  checkClusterName(where, clusterName);
  assertNewCluster(where, version);
  checkClusterSettings(where, props);
  if (!isKnown(controlPlane.replicas)) {
    fail(where, { problem: 'controlPlane.replicas must be known at synth, a reference was given', fix: 'use 1, 3 or 5' });
  }
  assertQuorum(where, 'controlPlane.replicas', controlPlane.replicas);
  checkInteger(where, 'controlPlane.etcdVolume.sizeGib', controlPlane.etcdVolume?.sizeGib, { min: 1 });
  const { size } = controlPlane.flavor;
  if (size !== undefined) {
    // kubeadm's own preflight
    check(where, size.vcpus, (v) => v >= 2, {
      problem: 'controlPlane.flavor must have 2 virtual CPUs or more, kubeadm asks for them',
      fix: 'choose a larger flavor',
    });
    check(where, size.memoryMib, (v) => v >= 1700, {
      problem: 'controlPlane.flavor must have 1700 MiB of memory or more, kubeadm asks for them',
      fix: 'choose a larger flavor',
    });
  }
  for (const { name } of workerPools) {
    if (!isKnown(name)) {
      fail(where, {
        problem: 'workerPools.name must be known at synth, a reference was given',
        fix: 'give the text itself: servers are named by it',
      });
    }
    checkDnsLabel(where, 'workerPools.name', name, 49 - clusterName.length);
    check(where, name, (v) => v !== 'control-plane', {
      problem: 'a worker pool cannot have the name of the control plane',
      fix: 'choose another name',
    });
  }
  checkUnique(
    where,
    'name of a worker pool',
    workerPools.map(({ name }) => name),
  );
  checkListKnown(where, 'tags', props.tags);
  api._validate(where, cloud.loadBalancerProvider);
  if (props.network !== undefined && props.nodeCidr !== undefined) {
    fail(where, {
      problem: 'network and nodeCidr exclude each other',
      value: props.nodeCidr,
      fix: 'leave nodeCidr out: the network that is given has its own',
    });
  }
  const secret = props.cloudCredential?.applicationCredentialSecret;
  if (secret !== undefined && isKnown(secret)) {
    fail(where, {
      problem: 'cloudCredential.applicationCredentialSecret is a literal, and would stand in the synthesised JSON',
      fix: 'give a sensitive variable of the stack',
    });
  }
}

/** Throws if the ranges of pods, services, nodes and the cloud's own hosts don't go together. */
export function checkRanges(
  where: Where,
  given: { readonly podCidr: string; readonly serviceCidr: string; readonly network: IClusterNetwork; readonly cni: Cni },
  hostCidrs: readonly string[] = [],
): void {
  const { podCidr, serviceCidr, network } = given;
  const ranges = { podCidr, serviceCidr, 'cidr of the network': network.cidr };
  for (const [name, text] of Object.entries(ranges)) {
    const range = parseCidr(where, name, text);
    check(where, text, () => range === undefined || range.family === IpFamily.V4, { problem: `${name} must be IPv4`, fix: 'give an IPv4 range' });
  }
  const prefix = (name: string, text: string, min: number, max: number) => {
    const range = parseCidr(where, name, text);
    check(where, text, () => range === undefined || (range.prefixLength >= min && range.prefixLength <= max), {
      problem: `${name} must have a prefix length from ${min} to ${max}`,
      fix: `use one, for example ${name === 'podCidr' ? '10.244.0.0/16' : '10.96.0.0/12'}`,
    });
  };
  prefix('podCidr', podCidr, 8, 24);
  prefix('serviceCidr', serviceCidr, 12, 28);
  // The hosts' networks may overlap each other: that is the cloud's business.
  assertDisjoint(where, ranges);
  if (given.cni.needsTrunkPorts) {
    // Services have half a subnet of Neutron's
    assertDisjoint(where, { ...ranges, serviceCidr: undefined, "the Services' subnet, twice serviceCidr": serviceSubnetOf(serviceCidr)?.cidr });
  }
  for (const cidr of hostCidrs) {
    for (const [range, text] of Object.entries(ranges)) assertDisjoint(where, { [`the cloud's own hosts' ${cidr}`]: cidr, [range]: text });
  }
}

/** The node network's MTU less what the pod network's encapsulation and encryption take. */
export function mtuOfPods(where: Where, network: IClusterNetwork, cni: Cni): number {
  const nodes = Mtu._parse(where, 'MTU of the network', network.mtu);
  if (nodes !== undefined) return cni.encapsulations.reduce((mtu, encapsulation) => mtu.inside(encapsulation, IpFamily.V4), nodes).bytes;
  const overhead = cni.overheadBytes(IpFamily.V4);
  return overhead === 0 ? network.mtu : Token.asNumber(Op.sub(network.mtu, overhead));
}

/** Warns where the loss of one zone takes etcd's quorum. */
export function warnOfZones(where: IConstruct, zones: readonly string[], replicas: number): void {
  const unsafe = unsafeZones(zones, replicas);
  if (unsafe.length === 0) return;
  Annotations.of(where).addWarning(
    describe(where, {
      problem: `the loss of zone ${unsafe.join(' or ')} takes etcd's quorum, ${quorumSize(replicas)} of ${replicas} slots`,
      value: zones.join(', '),
      fix: 'use three zones, if the cloud has them',
    }),
  );
}
