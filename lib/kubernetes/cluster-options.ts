import { BootstrapToken } from './bootstrap-token';
import { ClusterPki } from './cluster-pki';
import { ClusterSecurity } from './cluster-security';
import { ClusterSweep } from './cluster-sweep';
import { KubernetesComponents } from './kubernetes-components';
import { NodeOptions } from './node-options';
import { ReadyGate } from './ready-gate';
import { WorkerDrain } from './worker-drain';
import { ControlPlaneProps, WorkerPoolProps } from './worker-pool';
import { Cni } from '../contracts/cni';
import { KubernetesVersion } from '../core/kubernetes-version';
import { BastionOptions } from '../nova/bastion';
import { Ipv6AddressMode } from '../nova/ipv6-address-mode';

/** What a cluster is to be, wherever it runs: the options that `K8sOnNova` and `OpenStackKubernetesPlatform` share. */
export interface ClusterOptions {
  /** Version. Servers that are there keep theirs until their slot or pool is rolled: `controlPlane.generations`, `workerPools[].generation`. */
  readonly version: KubernetesVersion;
  /**
   * Revision of everything that the cluster's nodes have in common (arguments, feature gates, security settings): a whole number from 1. Raise it with
   * every change of these that a running cluster is to take; the first control-plane slot that is rolled then writes it to the cluster. A newer `version`
   * is a higher revision by itself.
   * @default 1
   */
  readonly configurationRevision?: number;
  /**
   * Settings of Kubernetes' own programs.
   * @default - the construct's own
   */
  readonly components?: KubernetesComponents;
  /**
   * Encryption of Secrets, audit log, Pod Security, OpenID Connect.
   * @default - Secrets are encrypted, who did what is logged, baseline pods are enforced, certificates alone log in
   */
  readonly security?: ClusterSecurity;
  /**
   * What every node is given besides Kubernetes: registry mirrors, proxy, time servers, certificate authorities, kernel settings. The control plane and
   * each pool may have their own, which take the place of these option by option.
   * @default - nothing
   */
  readonly nodeOptions?: NodeOptions;
  /** The servers that run the API and etcd. */
  readonly controlPlane: ControlPlaneProps;
  /** The servers that run everything else. */
  readonly workerPools: WorkerPoolProps[];
  /** The pod network. It is installed by `PodNetwork`; security groups, MTU and kubeadm's phases follow from it already here. */
  readonly cni: Cni;
  /**
   * MTU in bytes of a pod's interface, from 1280. It and the MTU of the nodes' network are changed in applies of their own, since packets that are too large for
   * what is below are lost: raise the network first and keep the pods' here as it was; lower the pods' first. A plan that would change both is refused.
   * @default - the network's, less what the pod network's encapsulation and encryption take
   */
  readonly podMtu?: number;
  /**
   * Addresses of the nodes' own network, IPv4 or IPv6, if one is made.
   * @default "10.20.0.0/16"
   */
  readonly nodeCidr?: string;
  /**
   * Addresses of a second subnet of the nodes' own network, of the other IP family: nodes, pods and services then have addresses of both. Settled when the
   * cluster is made.
   * @default - one family, that of `nodeCidr`
   */
  readonly secondaryNodeCidr?: string;
  /**
   * How nodes get their IPv6 address, if their network is made. Settled when the cluster is made.
   * @default Ipv6AddressMode.DHCPV6_STATEFUL
   */
  readonly ipv6AddressMode?: Ipv6AddressMode;
  /**
   * Neutron's id of the subnet pool that the nodes' IPv6 addresses are of, if their network is made: IPv6 is routed, never translated. Settled when the
   * cluster is made.
   * @default - of no pool
   */
  readonly ipv6SubnetPoolId?: string;
  /**
   * Neutron's id of the subnet pool that the nodes' IPv4 addresses are of, if their network is made: `nodeCidr` must be free in it. Settled when the cluster
   * is made.
   * @default - of no pool
   */
  readonly ipv4SubnetPoolId?: string;
  /**
   * Name servers of the nodes, if their network is made: they must resolve the names of image registries.
   * @default - Neutron's: what the cloud's operator configured. An OVN cloud where nobody did gives out its own hosts' resolver, which may be 127.0.0.53.
   */
  readonly dnsNameservers?: string[];
  /**
   * Addresses of pods, of the family of the nodes' (first) subnet: IPv4 /8 to /24, or IPv6 /48 to /64. Settled when the cluster is made. A node takes a /24 of
   * IPv4 with Cilium (of a range smaller than /20 a sixteenth, so that there are never fewer than 16 nodes), blocks of /26 with Calico; of IPv6 a /64 of a /48.
   * @default "10.244.0.0/16", or "fd00:10:244::/48"
   */
  readonly podCidr?: string;
  /**
   * Addresses of services, of the family of the nodes' (first) subnet: IPv4 /12 to /28, or IPv6 /108 to /124. Settled when the cluster is made.
   * @default "10.96.0.0/12", or "fd00:10:96::/112"
   */
  readonly serviceCidr?: string;
  /**
   * Addresses of pods of the other IP family, where nodes have both.
   * @default - as `podCidr`
   */
  readonly secondaryPodCidr?: string;
  /**
   * Addresses of services of the other IP family, where nodes have both.
   * @default - as `serviceCidr`
   */
  readonly secondaryServiceCidr?: string;
  /**
   * Where the certificate authorities and keys come from.
   * @default ClusterPki.generated()
   */
  readonly pki?: ClusterPki;
  /**
   * Whether Terraform waits for the cluster.
   * @default ReadyGate.enabled()
   */
  readonly readyGate?: ReadyGate;
  /**
   * Clients of services of type LoadBalancer, in CIDR notation. Only OVN needs them: it keeps the client's address, so that the nodes themselves must let it in.
   * @default - none: with OVN, such services can't be reached from outside
   */
  readonly publicServiceCidrs?: string[];
  /**
   * Who may log in to the nodes by SSH, in CIDR notation: a bastion. It can be added when it is needed; the key pair can't.
   * @default - nobody
   */
  readonly sshAllowedCidrs?: string[];
  /**
   * Name of the key pair of the nodes' first user, for the worst day. Settled when a server is made.
   * @default - none
   */
  readonly keyPairName?: string;
  /**
   * A public key in the format of OpenSSH, of which a key pair is made for the nodes' first user, in place of `keyPairName`: `<cluster>-<hash of the key>`.
   * Settled when a server is made; servers have another key once they are rolled.
   * @default - none
   */
  readonly sshPublicKey?: string;
  /**
   * A bastion: a small server by which the nodes are reached with SSH, with a security group of its own. Nodes let SSH in from it while it is there.
   * It needs `keyPairName` or `sshPublicKey`.
   * @default - none
   */
  readonly bastion?: BastionOptions;
  /**
   * Where nodes and pods may send to, in CIDR notation, besides each other and the metadata service: they need name servers, NTP, image registries, and
   * OpenStack's APIs.
   * @default - everywhere
   */
  readonly egressAllowedCidrs?: string[];
  /**
   * Whether nodes get metadata and user data by a config drive, besides the metadata service. Settled when a server is made.
   * @default - as the image or the cloud says
   */
  readonly configDrive?: boolean;
  /**
   * Further cloud-config for all nodes: lists are appended to the nodes' own (commands run after theirs), mappings are merged with theirs, anything else takes
   * the place of theirs. The control plane and each pool may have more of it.
   * References in it must render to names, addresses, numbers or base64.
   * @default - none
   */
  readonly cloudInit?: { readonly [key: string]: any };
  /**
   * Tags of servers, ports, security groups, load balancer and network, besides `kubernetes-cluster=<name>`.
   * @default - none
   */
  readonly tags?: string[];
  /**
   * Whether a plan fails if the cluster needs more than the project's limits of servers, CPUs, memory, volumes, ports and so on. Reading one's own project's limits is
   * allowed to its members on a cloud with OpenStack's default policies.
   * @default true
   */
  readonly checkQuota?: boolean;
  /**
   * A kubeconfig file on the machine that runs Terraform, with which the gate behind a rolled control-plane slot, the drainer of workers and what registers their token
   * log in by `kubectl`.
   * Its context `kubernetes-admin@<cluster>` is used if it has one, else its current one, and only if that has this cluster's CA. It isn't needed to make the cluster.
   * @default - what kubectl uses by itself there: `KUBECONFIG`, or `~/.kube/config`
   */
  readonly kubeconfigPath?: string;
  /**
   * Whether workers are drained before Terraform deletes their servers.
   * @default WorkerDrain.enabled()
   */
  readonly drain?: WorkerDrain;
  /**
   * How long the cluster knows the token that workers join with, and its generation.
   * @default - BootstrapToken.renewed(); where `drain` is disabled, BootstrapToken.permanent()
   */
  readonly bootstrapToken?: BootstrapToken;
  /**
   * Whether a destroy also removes what the cluster's own controllers made in OpenStack.
   * @default ClusterSweep.enabled()
   */
  readonly sweep?: ClusterSweep;
}
