import { IKubernetesCluster } from '../../../contracts/kubernetes-cluster';
import { OpenStackRelease } from '../../../core/openstack-release';
import { NeutronDriver } from '../kolla/kolla-options';

/** How the public APIs leave the cluster. */
export class OpenStackHelmEndpoints {
  /**
   * By the Gateway API: a Gateway in OpenStack's namespace, and a route for each API.
   *
   * The definitions of the Gateway API and a controller for the class must be in the cluster.
   *
   * @param className of the GatewayClass: "envoy", "cilium"
   */
  public static gateway(className: string): OpenStackHelmEndpoints {
    return new OpenStackHelmEndpoints('Gateway', className, {});
  }

  /**
   * By an ingress controller: an Ingress for each API.
   *
   * @param className of the IngressClass: "traefik"
   * @param annotations of every Ingress, for what the controller must be told: images are gigabytes, and some controllers refuse large bodies
   */
  public static ingress(className: string, annotations?: { readonly [name: string]: string }): OpenStackHelmEndpoints {
    return new OpenStackHelmEndpoints('Ingress', className, annotations ?? {});
  }

  private constructor(
    /** "Gateway" or "Ingress". */
    public readonly kind: string,
    /** Name of the GatewayClass or the IngressClass. */
    public readonly className: string,
    /** Annotations of every object. */
    public readonly annotations: { readonly [name: string]: string },
  ) {}
}

/**
 * A Ceph cluster that is there: Rook's in the same Kubernetes cluster, or an external one. Its pools and users are those of the charts: `glance.images` for
 * the user `glance`, `cinder.volumes` for `cinder`, `vms`.
 */
export interface OpenStackHelmCeph {
  /**
   * ConfigMap in OpenStack's namespace with `ceph.conf`.
   * @default "ceph-etc"
   */
  readonly configMap?: string;
  /**
   * Secret in OpenStack's namespace with the administrator's key, with which the charts make their users and pools.
   * @default "pvc-ceph-client-key"
   */
  readonly adminKeySecret?: string;
}

/** Services beyond those that every cloud has: Keystone, Glance, Placement, Nova and Neutron; and Cinder where there is Ceph. */
export interface OpenStackHelmServices {
  /**
   * Barbican, the key manager.
   * @default false
   */
  readonly barbican?: boolean;
  /**
   * Heat, orchestration.
   * @default false
   */
  readonly heat?: boolean;
  /**
   * Horizon, the dashboard.
   * @default true
   */
  readonly horizon?: boolean;
  /**
   * Octavia with load balancers in OVN. It needs OVN networking.
   * @default - true with OVN
   */
  readonly octavia?: boolean;
}

/** Options of OpenStackEngine.openStackHelm. */
export interface OpenStackHelmOptions {
  /** OpenStack release. */
  readonly release: OpenStackRelease;
  /**
   * The Kubernetes cluster on the hosts. Its nodes have the hosts' names. The stack's kubernetes and helm providers must be logged in to it.
   */
  readonly cluster: IKubernetesCluster;
  /**
   * A kubeconfig file for it on the machine that runs Terraform: waiting for the cloud and fetching the administrator's credentials use `kubectl`.
   * @default - "~/.kube/config", or what KUBECONFIG says
   */
  readonly kubeconfigPath?: string;
  /**
   * Context in that file.
   * @default - its current one
   */
  readonly kubeconfigContext?: string;
  /**
   * Namespace that OpenStack is in. Its pods may do what they like on the hosts: libvirt and Open vSwitch have to.
   * @default "openstack"
   */
  readonly namespace?: string;
  /**
   * Domain of the public APIs: "cloud.example.com" gives `keystone.cloud.example.com`, `nova.cloud.example.com` … All of them must lead to the Gateway or
   * the ingress controller.
   */
  readonly domain: string;
  /** How the public APIs leave the cluster. */
  readonly endpoints: OpenStackHelmEndpoints;
  /**
   * Whether the public APIs speak TLS.
   * @default true
   */
  readonly tls?: boolean;
  /**
   * Secret of the type kubernetes.io/tls in OpenStack's namespace with the certificate of the public APIs. If its CA isn't one that every system trusts, give
   * it as `caCertificatePem` of the control plane.
   * @default - a certificate of a CA that Terraform makes; its key is in the state
   */
  readonly tlsSecretName?: string;
  /**
   * StorageClass of the volumes of the database, the message queue, OVN, and of images where there is no Ceph.
   * @default "general"
   */
  readonly storageClass?: string;
  /**
   * Size of the database's volume on each of its hosts, in GiB, 5 at least. It can't be changed later.
   * @default 20
   */
  readonly databaseVolumeGib?: number;
  /**
   * Size of the volume of images, in GiB, 1 at least, where there is no Ceph.
   * @default 200
   */
  readonly imageVolumeGib?: number;
  /** @default NeutronDriver.OVN */
  readonly neutronDriver?: NeutronDriver;
  /**
   * Addresses of the name servers that Neutron gives to servers whose subnet names none.
   * @default - Neutron's
   */
  readonly dnsServers?: string[];
  /**
   * Ceph, for volumes, images and root disks.
   * @default - none: no Cinder, images on a volume of the cluster's, root disks on the compute hosts
   */
  readonly ceph?: OpenStackHelmCeph;
  /**
   * Services beyond those that every cloud has.
   * @default - the dashboard, and Octavia with OVN
   */
  readonly services?: OpenStackHelmServices;
  /**
   * Exact versions of charts, by chart, over those that are known for the release. Some are not known: they must stand here, and the error names them.
   * `helm search repo openstack-helm/mariadb --versions` lists what there is.
   * @default - those that are known
   */
  readonly chartVersions?: { readonly [chart: string]: string };
  /**
   * Repository of the charts.
   * @default "https://tarballs.opendev.org/openstack/openstack-helm"
   */
  readonly chartRepository?: string;
  /**
   * Further values by chart, which win over what is computed here; maps are merged, lists are replaced, as Helm does. No secrets: passwords are made here.
   * `{ nova: { conf: { nova: { scheduler: { max_attempts: '5' } } } } }`
   * @default - none
   */
  readonly values?: { readonly [chart: string]: any };
  /**
   * How long a chart's jobs may take, and then how long everything may take to be ready, in minutes, 5 to 720.
   * @default 60
   */
  readonly timeoutMinutes?: number;
  /**
   * Whether `terraform destroy` uninstalls the cloud. Otherwise it is refused, and the cloud stays.
   * @default false
   */
  readonly destroyCloud?: boolean;
}
