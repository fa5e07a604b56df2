import { IConstruct } from 'constructs';
import { Cni } from './cni';
import { IOpenStackCloud } from './openstack-cloud';
import { KubernetesVersion } from '../core/kubernetes-version';

/** How to log in to a cluster, in the parts that Terraform's kubernetes and helm providers take. All but the host are sensitive. */
export interface ClusterAccess {
  /** URL of the API server. Reading it waits until the cluster is ready. */
  readonly host: string;
  /**
   * Name that the API server's certificate is believed by, whatever `host` is: a name or an address that the API has got later enters certificates only when
   * control-plane slots are rolled.
   * @default - what `host` says
   */
  readonly tlsServerName?: string;
  /** The CA of the cluster, PEM. */
  readonly clusterCaCertificate: string;
  /** Client certificate, PEM. */
  readonly clientCertificate: string;
  /** Client key, PEM. */
  readonly clientKey: string;
  /** The same as a kubeconfig file (YAML). */
  readonly rawConfig: string;
}

/** A credential of OpenStack for the cluster's controllers. Both values are tokens; the secret is sensitive. */
export interface CloudCredential {
  /** Id of the application credential. */
  readonly applicationCredentialId: string;
  /** Its secret: a reference, never a literal. */
  readonly applicationCredentialSecret: string;
}

/** Where an API server answers. */
export interface ApiAddress {
  /** Address or name. */
  readonly host: string;
  /** Port, 6443 by convention. */
  readonly port: number;
}

/** What the cloud's controllers inside the cluster must know of its surroundings. */
export interface ClusterCloud {
  /** The cloud that the cluster runs on. */
  readonly cloud: IOpenStackCloud;
  /** How its controllers log in. */
  readonly credential: CloudCredential;
  /** Neutron's id of the external network, for load balancers' floating IPs. */
  readonly externalNetworkId: string;
  /** Neutron's id of the nodes' network. */
  readonly networkId: string;
  /** Neutron's id of the nodes' subnet. */
  readonly subnetId: string;
  /**
   * Neutron's id of the nodes' router, for what connects other subnets to it.
   * @default - not known
   */
  readonly routerId?: string;
}

/** What `KeystoneAuth` must be for the API servers to know it. */
export interface KeystoneWebhook {
  /** Address of its Service. */
  readonly address: string;
  /** Its certificate, PEM: of the cluster's authority, for that address. */
  readonly certificate: string;
  /** Its key, PEM: a reference, sensitive. */
  readonly privateKey: string;
  /** Whether it is also asked what users may do. */
  readonly authorizes: boolean;
}

/** Layer 4 as add-ons and workloads see it. */
export interface IKubernetesCluster extends IConstruct {
  /** Name, unique in its OpenStack project: load balancers and volumes carry it. */
  readonly clusterName: string;
  /** Version. */
  readonly version: KubernetesVersion;
  /** How to log in. */
  readonly kubeconfig: ClusterAccess;
  /** The pod network that was chosen for it. */
  readonly cni: Cni;
  /** Addresses of pods. */
  readonly podCidr: string;
  /** Addresses of services. */
  readonly serviceCidr: string;
  /**
   * Addresses of pods of the other IP family.
   * @default - one family
   */
  readonly secondaryPodCidr?: string;
  /**
   * Addresses of services of the other IP family.
   * @default - one family
   */
  readonly secondaryServiceCidr?: string;
  /** MTU in bytes of a pod's interface: the node network's less the pod network's encapsulation. */
  readonly podMtu: number;
  /** Control-plane nodes. */
  readonly controlPlaneReplicas: number;
  /**
   * Where the nodes themselves reach the API server: an address inside, never the floating one that `kubeconfig.host` may have, from which
   * a list of allowed clients may keep them out. A pod network that replaces kube-proxy needs it.
   * @default - host and port of `kubeconfig.host`
   */
  readonly nodeApiEndpoint?: ApiAddress;
  /**
   * Addresses of the API servers themselves in the nodes' subnet, where they answer on port 6443.
   * @default - not known
   */
  readonly apiServerAddresses?: string[];
  /**
   * The cloud below.
   * @default - not known: a cluster given by its kubeconfig alone
   */
  readonly openstack?: ClusterCloud;
  /**
   * Whether the nodes' ports are Neutron trunks, on which pods can have ports of their own.
   * @default - not known
   */
  readonly trunkPorts?: boolean;
  /**
   * Whether its API servers encrypt Secrets by a key outside the cluster, with a plugin of their own.
   * @default false
   */
  readonly encryptsByKms?: boolean;
  /**
   * The webhook that its API servers ask about users of OpenStack.
   * @default - they ask none
   */
  readonly keystoneWebhook?: KeystoneWebhook;
  /**
   * True for a cluster that was there before: what is installed in it isn't known, so that nothing is missed in it.
   * @default false
   */
  readonly imported?: boolean;
}
