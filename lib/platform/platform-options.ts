import { NodeImage } from '../contracts/node-image';
import { ApiEndpoint } from '../kubernetes/api-endpoint';
import { ClusterOptions } from '../kubernetes/cluster-options';
import { DiskFormat } from '../openstack/foundation/image';
import { AllocationPool } from '../openstack/foundation/provider-network';

/** The external network of a platform. */
export interface PlatformExternalNetwork {
  /** Its name in Neutron. */
  readonly name: string;
  /** Its addresses. */
  readonly cidr: string;
  /** Neutron's name of the physical network, as the engine maps it to an interface of the hosts: "physnet1". */
  readonly physicalNetwork: string;
  /**
   * VLAN id, 1 to 4094.
   * @default - flat
   */
  readonly vlanId?: number;
  /**
   * Where floating IPs and routers' addresses come from. Leave out what the hosts, the VIPs and your routers use.
   * @default - the whole of it less the gateway; needed where hosts or virtual addresses are in it
   */
  readonly allocationPools?: AllocationPool[];
  /**
   * Its gateway.
   * @default - the first address
   */
  readonly gatewayAddress?: string;
}

/** The node image that the cloud stack uploads. */
export interface PlatformNodeImage {
  /** What it must be: "sha512:…", "sha256:…" (of a file) or "md5:…", the digest in hex. */
  readonly checksum: string;
  /** @default DiskFormat.QCOW2 */
  readonly diskFormat?: DiskFormat;
  /**
   * Path of the file on the machine that runs Terraform.
   * @default - it is taken from sourceUrl
   */
  readonly localFilePath?: string;
  /**
   * HTTP or HTTPS address of it.
   * @default - it is taken from localFilePath
   */
  readonly sourceUrl?: string;
}

/** The cluster of a platform. */
export interface PlatformKubernetes extends ClusterOptions {
  /**
   * Its name.
   * @default - the id of the platform
   */
  readonly clusterName?: string;
  /**
   * How the API is reached. Terraform must reach it as well: with the default, which lets in nobody but the nodes, it runs in the nodes' own subnet.
   * @default ApiEndpoint.octavia(), for the nodes alone
   */
  readonly api?: ApiEndpoint;
  /**
   * The image of the nodes: one that the cloud has.
   * @default - the one of nodeImageSource
   */
  readonly nodeImage?: NodeImage;
  /**
   * The image of the nodes: a file that the cloud stack uploads. Another content needs another `nodeImageName`.
   * @default - with `inventory`, a file that the variables `node_image_path` and `node_image_sha512` of the cloud stack name
   */
  readonly nodeImageSource?: PlatformNodeImage;
  /**
   * Name of the image that the cloud stack uploads. Servers and clusters look images up by name: another content needs another name.
   * @default - "k8s-node-<version>"
   */
  readonly nodeImageName?: string;
}
