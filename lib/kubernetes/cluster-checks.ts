import { Annotations, Op, Token } from 'cdktf';
import { IConstruct } from 'constructs';
import { ApiEndpoint } from './api-endpoint';
import { checkSshKey } from './bootstrap/node-option-files';
import { ClusterOptions } from './cluster-options';
import { nodeFamilies } from './cluster-ranges';
import { checkClusterSettings } from './node-cloud-config';
import { ReadyGate } from './ready-gate';
import { unsafeZones } from './zones';
import { IClusterNetwork } from '../contracts/cluster-network';
import { Cni } from '../contracts/cni';
import { CloudCredential } from '../contracts/kubernetes-cluster';
import { IOpenStackCloud, LoadBalancerProvider } from '../contracts/openstack-cloud';
import { IpFamily } from '../core/ip-family';
import { Mtu } from '../core/mtu';
import { checkClusterName, checkDnsLabel } from '../core/naming';
import { assertQuorum, quorumSize } from '../core/quorum';
import { check, checkInteger, checkListKnown, checkUnique, describe, fail, isKnown, Where } from '../core/validation';
import { assertNewCluster } from '../core/version-matrix';
import { INodeSecurityGroups } from '../nova/node-security-groups';

/** What is checked of a cluster on Nova before any of it is made. */
export interface CheckedCluster extends ClusterOptions {
  readonly cloud: IOpenStackCloud;
  readonly clusterName: string;
  readonly api: ApiEndpoint;
  readonly network?: IClusterNetwork;
  readonly securityGroups?: INodeSecurityGroups;
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
    checkDnsLabel(where, 'workerPools.name', name);
    check(where, name, (v) => v.length <= 49 - clusterName.length, {
      problem: `workerPools.name may have ${49 - clusterName.length} characters here: servers are ${clusterName}-<pool>-<number>-g<generation>, in 63`,
      fix: 'choose a shorter name, of the pool or of the cluster',
    });
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
  checkAdopted(where, props);
  if (props.sshPublicKey !== undefined && props.keyPairName !== undefined) {
    fail(where, { problem: 'sshPublicKey and keyPairName exclude each other', fix: 'leave one of them out: a server has one key pair' });
  }
  checkSshKey(where, 'sshPublicKey', props.sshPublicKey, 'give the line of ~/.ssh/id_ed25519.pub');
  const secret = props.cloudCredential?.applicationCredentialSecret;
  if (secret !== undefined && isKnown(secret)) {
    fail(where, {
      problem: 'cloudCredential.applicationCredentialSecret is a literal, and would stand in the synthesised JSON',
      fix: 'give a sensitive variable of the stack',
    });
  }
}

/** Throws for what would have no effect on a network or on security groups that are given. */
function checkAdopted(where: IConstruct, props: CheckedCluster): void {
  const { nodeCidr, secondaryNodeCidr, ipv6AddressMode, ipv6SubnetPoolId, ipv4SubnetPoolId, dnsNameservers } = props;
  if (props.network !== undefined) {
    for (const [option, value] of Object.entries({
      nodeCidr,
      secondaryNodeCidr,
      ipv6AddressMode,
      ipv6SubnetPoolId,
      ipv4SubnetPoolId,
      dnsNameservers,
    })) {
      if (value === undefined) continue;
      const fix = `leave ${option} out: the network that is given has its own`;
      fail(where, { problem: `network and ${option} exclude each other`, value: isKnown(value) ? value : undefined, fix });
    }
  }
  if (props.securityGroups === undefined) return;
  const { egressAllowedCidrs, sshAllowedCidrs, publicServiceCidrs } = props;
  for (const [option, value] of Object.entries({ egressAllowedCidrs, sshAllowedCidrs, publicServiceCidrs })) {
    if (value === undefined) continue;
    fail(where, {
      problem: `${option} has no effect on security groups that are given`,
      value: isKnown(value) ? value : undefined,
      fix: `leave ${option} out, and let these in or out by rules of the groups themselves`,
    });
  }
}

/** The pods' MTU: what is asked for, or the node network's less what the pod network's encapsulation and encryption take, which is the largest. */
export function mtuOfPods(where: Where, network: IClusterNetwork, cni: Cni, wanted?: number): number {
  const asked = wanted === undefined ? undefined : Mtu._parse(where, 'podMtu', wanted);
  const nodes = Mtu._parse(where, 'MTU of the network', network.mtu);
  // Tunnels run between nodes' addresses of either family; the larger header counts.
  const underlay = nodeFamilies(network).includes(IpFamily.V6) ? IpFamily.V6 : IpFamily.V4;
  if (nodes !== undefined) {
    const largest = cni.encapsulations.reduce((mtu, encapsulation) => mtu.inside(encapsulation, underlay), nodes);
    if (asked !== undefined && asked.bytes > largest.bytes) {
      fail(where, {
        problem: `podMtu is larger than what the network leaves to pods, ${largest.chain}`,
        value: asked.bytes,
        fix: `give ${largest.bytes} or less, or raise the MTU of the network first, in an apply of its own`,
      });
    }
    return wanted ?? largest.bytes;
  }
  const overhead = cni.overheadBytes(underlay);
  return wanted ?? (overhead === 0 ? network.mtu : Token.asNumber(Op.sub(network.mtu, overhead)));
}

/** Warns where nobody but the nodes may reach the API: what waits for it usually runs elsewhere. */
export function warnOfLockout(where: IConstruct, { api, readyGate, securityGroups, cloud }: CheckedCluster): void {
  const gate = readyGate ?? ReadyGate.enabled();
  const byGivenGroups =
    securityGroups !== undefined && (api._virtualAddress !== undefined || cloud.loadBalancerProvider === LoadBalancerProvider.OVN);
  if (!gate.isEnabled || api.allowedCidrs.length > 0 || byGivenGroups) return;
  Annotations.of(where).addWarning(
    describe(where, {
      problem:
        `api.allowedCidrs is empty, so that none but the nodes reach the API, and Terraform waits for it: unless it runs in the nodes' own subnet, ` +
        `the apply fails after ${gate.timeoutSeconds} s`,
      fix: "give api.allowedCidrs where Terraform and kubectl run, for example ['198.51.100.0/24'], or readyGate: ReadyGate.disabled()",
    }),
  );
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
