import { CloudAuthentication, CloudClientCertificate } from './cloud-authentication';
import { LoadBalancerProvider } from '../../../contracts/openstack-cloud';

/** Which of a service's endpoints in Keystone's catalogue are used. */
export enum CloudEndpointType {
  /** What everybody reaches. */
  PUBLIC = 'public',
  /** What the cloud's own services use among themselves. */
  INTERNAL = 'internal',
  /** For administrators. */
  ADMIN = 'admin',
}

/** Section `[Global]` of cloud.conf: how the controllers log in. Keystone's URL and the region are the cloud's. */
export interface CloudConfigGlobal {
  /**
   * Who they log in as.
   * @default - the cluster's application credential
   */
  readonly authentication?: CloudAuthentication;
  /**
   * Which endpoints they use.
   * @default - the controllers' own, the public ones
   */
  readonly endpointType?: CloudEndpointType;
  /**
   * The CA (PEM) that signed the endpoints' certificates.
   * @default - the cloud's
   */
  readonly caCertificatePem?: string;
  /**
   * Whether the endpoints' certificates are not checked: whoever is on the way can then take the credential. An error together with a CA.
   * @default false
   */
  readonly tlsInsecure?: boolean;
  /**
   * A client certificate, for clouds that ask for one.
   * @default - none
   */
  readonly clientCertificate?: CloudClientCertificate;
}

/** Section `[Networking]` of cloud.conf: which of a server's addresses are a node's. */
export interface CloudConfigNetworking {
  /**
   * Networks whose addresses are a node's internal addresses, by name. Needed if nodes have several interfaces.
   * @default - every fixed address
   */
  readonly internalNetworkNames?: string[];
  /**
   * Networks whose addresses are a node's external addresses, by name.
   * @default - floating IPs alone
   */
  readonly publicNetworkNames?: string[];
  /**
   * CIDRs in the order in which a node's addresses are listed; the first internal one is the one that is used.
   * @default - as Nova lists them
   */
  readonly addressSortOrder?: string[];
  /**
   * Whether IPv6 addresses of nodes are left out.
   * @default false
   */
  readonly ipv6SupportDisabled?: boolean;
}

/** How a load balancer chooses a member. */
export enum LoadBalancerMethod {
  /** One after the other. Amphora only. */
  ROUND_ROBIN = 'ROUND_ROBIN',
  /** The one with the fewest connections. Amphora only. */
  LEAST_CONNECTIONS = 'LEAST_CONNECTIONS',
  /** By the client's address. Amphora only. */
  SOURCE_IP = 'SOURCE_IP',
  /** By the client's address and port: the only one that OVN has. */
  SOURCE_IP_PORT = 'SOURCE_IP_PORT',
}

/** The health check of a Service's load balancer. */
export interface CloudConfigMonitor {
  /**
   * Seconds between two probes, from 1.
   * @default 10
   */
  readonly delaySeconds?: number;
  /**
   * Seconds to wait for an answer; less than the delay.
   * @default 5
   */
  readonly timeoutSeconds?: number;
  /**
   * Good probes until a member is online, 1 to 10.
   * @default 1
   */
  readonly maxRetries?: number;
  /**
   * Bad probes until a member is offline, 1 to 10.
   * @default 3
   */
  readonly maxRetriesDown?: number;
}

/** Section `[LoadBalancer]` of cloud.conf: the defaults of Services of type LoadBalancer. */
export interface CloudConfigLoadBalancer {
  /**
   * Whether the controller serves Services of type LoadBalancer.
   * @default true
   */
  readonly enabled?: boolean;
  /**
   * Octavia's provider.
   * @default - the cloud's
   */
  readonly provider?: LoadBalancerProvider;
  /**
   * How members are chosen. With OVN only SOURCE_IP_PORT.
   * @default - SOURCE_IP_PORT with OVN, else ROUND_ROBIN
   */
  readonly method?: LoadBalancerMethod;
  /**
   * Neutron's id of the external network that floating IPs come from.
   * @default - the cluster's external network
   */
  readonly floatingNetworkId?: string;
  /**
   * Neutron's id of the external subnet.
   * @default - any of the network's
   */
  readonly floatingSubnetId?: string;
  /**
   * Name, glob, or `~regular expression` of the external subnet.
   * @default - any of the network's
   */
  readonly floatingSubnet?: string;
  /**
   * Tags of the external subnet; one of them must match.
   * @default - any of the network's
   */
  readonly floatingSubnetTags?: string[];
  /**
   * Neutron's id of the subnet for VIPs and members.
   * @default - the nodes' subnet
   */
  readonly subnetId?: string;
  /**
   * Neutron's id of the network for VIPs, instead of a subnet: for dual stack. An error together with `subnetId`.
   * @default - the subnet decides
   */
  readonly networkId?: string;
  /**
   * Neutron's id of the subnet of the members, if it isn't the VIPs'.
   * @default - the VIPs' subnet
   */
  readonly memberSubnetId?: string;
  /**
   * Octavia's id of a flavor. Amphora only.
   * @default - Octavia's default
   */
  readonly flavorId?: string;
  /**
   * Octavia's availability zone. Amphora only, without spaces.
   * @default - Octavia's default
   */
  readonly availabilityZone?: string;
  /**
   * Whether Services get no floating IP unless they ask for one.
   * @default false
   */
  readonly internal?: boolean;
  /**
   * Whether members are checked. Without it, nodes that are down get traffic, and `externalTrafficPolicy: Local` fails.
   * @default true
   */
  readonly createMonitor?: boolean;
  /**
   * How members are checked.
   * @default - every 10 s, down after 3 failures
   */
  readonly monitor?: CloudConfigMonitor;
  /**
   * Whether the controller writes security groups for node ports onto the nodes' ports, where Terraform doesn't expect them.
   * With OVN it is the only way to source ranges.
   * @default false
   */
  readonly manageSecurityGroups?: boolean;
  /**
   * How many Services may share one load balancer when they ask for it, from 1.
   * @default - the controller's own, 2
   */
  readonly maxSharedLoadBalancers?: number;
  /**
   * Labels of the nodes that become members, `key` or `key=value`.
   * @default - all nodes
   */
  readonly nodeSelector?: { readonly [label: string]: string };
  /**
   * Whether a Service with the PROXY protocol gets a host name instead of an address as its ingress, so that pods use the load balancer too.
   * @default false
   */
  readonly enableIngressHostname?: boolean;
  /**
   * Barbican's reference of a TLS container for Services that name none. Amphora only.
   * @default - none
   */
  readonly defaultTlsContainerRef?: string;
  /**
   * Where TLS containers are kept.
   * @default - the controller's own, Barbican
   */
  readonly containerStore?: TlsContainerStore;
  /**
   * Whether what belongs to a load balancer goes with it in one call. Without it the controller deletes piece by piece, for providers that can't.
   * @default - the controller's own, true
   */
  readonly cascadeDelete?: boolean;
  /**
   * What is appended to the address to make the host name of `enableIngressHostname`.
   * @default - the controller's own, nip.io
   */
  readonly ingressHostnameSuffix?: string;
  /**
   * Whether members are changed one by one, for providers without Octavia's batch update of members.
   * @default false
   */
  readonly providerRequiresSerialApiCalls?: boolean;
}

/** Where the TLS containers of load balancers are kept. */
export enum TlsContainerStore {
  /** Barbican: references are checked there. */
  BARBICAN = 'barbican',
  /** Somewhere else that the provider knows: references are passed on as they are. */
  EXTERNAL = 'external',
}

/** Section `[LoadBalancerClass "name"]` of cloud.conf: what a Service gets with the annotation loadbalancer.openstack.org/class. */
export interface CloudConfigLoadBalancerClass {
  /** Name of the class. */
  readonly name: string;
  /**
   * Neutron's id of the external network.
   * @default - the one of [LoadBalancer]
   */
  readonly floatingNetworkId?: string;
  /**
   * Neutron's id of the external subnet. One of the three `floatingSubnet…` must be given.
   * @default - chosen by name or tags
   */
  readonly floatingSubnetId?: string;
  /**
   * Name, glob, or `~regular expression` of the external subnet.
   * @default - chosen by id or tags
   */
  readonly floatingSubnet?: string;
  /**
   * Tags of the external subnet.
   * @default - chosen by id or name
   */
  readonly floatingSubnetTags?: string[];
  /**
   * Neutron's id of the network for VIPs.
   * @default - the one of [LoadBalancer]
   */
  readonly networkId?: string;
  /**
   * Neutron's id of the subnet for VIPs.
   * @default - the one of [LoadBalancer]
   */
  readonly subnetId?: string;
  /**
   * Neutron's id of the subnet of the members.
   * @default - the one of [LoadBalancer]
   */
  readonly memberSubnetId?: string;
}

/** How the disks of nodes are attached: the property `hw_disk_bus` of their image. It says how many there can be. */
export enum DiskBus {
  /** Nova's default. 26 disks, since each has a letter and a slot on the bus. */
  VIRTIO = 'virtio',
  /** With `hw_scsi_model=virtio-scsi`: 256 disks. */
  SCSI = 'scsi',
}

/** Section `[BlockStorage]` of cloud.conf. */
export interface CloudConfigBlockStorage {
  /**
   * How the nodes' disks are attached.
   * @default DiskBus.VIRTIO
   */
  readonly diskBus?: DiskBus;
  /**
   * Volumes that the scheduler puts on one node, 1 to 256.
   * @default - what the bus takes, less two for the system's disk and one more: 24 with virtio, 254 with scsi
   */
  readonly nodeVolumeAttachLimit?: number;
  /**
   * Whether the size of an attached volume is read anew after an online resize.
   * @default false
   */
  readonly rescanOnResize?: boolean;
  /**
   * Whether volumes are taken to be reachable from every zone of Nova.
   * @default - true where Cinder's zones have other names than Nova's
   */
  readonly ignoreVolumeAz?: boolean;
  /**
   * Whether Cinder is asked with the lowest microversion, for clouds without 3.34.
   * @default false
   */
  readonly ignoreVolumeMicroversion?: boolean;
}

/** Where a controller reads about its own server. */
export enum MetadataSource {
  /** The config drive. */
  CONFIG_DRIVE = 'configDrive',
  /** Nova's metadata service. */
  METADATA_SERVICE = 'metadataService',
}

/** Section `[Metadata]` of cloud.conf. */
export interface CloudConfigMetadata {
  /**
   * Sources in the order in which they are asked.
   * @default - the controller's own, the config drive first
   */
  readonly searchOrder?: MetadataSource[];
  /**
   * Seconds to wait for the metadata service, from 1.
   * @default - the controller's own, no limit
   */
  readonly requestTimeoutSeconds?: number;
}

/** Section `[Route]` of cloud.conf: pod routes on a Neutron router, for pod networks without encapsulation. */
export interface CloudConfigRoute {
  /** Neutron's id of the router. Neutron needs its extension "extraroute". */
  readonly routerId: string;
}

/** Section `[KeyManager]` of cloud.conf: read by the Barbican KMS plugin alone. */
export interface CloudConfigKeyManager {
  /** Barbican's id of the key that encrypts the cluster's secrets. */
  readonly keyId: string;
}
