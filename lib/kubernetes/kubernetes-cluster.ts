import { Construct } from 'constructs';
import { Cni } from '../contracts/cni';
import { ClusterAccess, ClusterCloud, IKubernetesCluster } from '../contracts/kubernetes-cluster';
import { assertDisjoint, parseCidr } from '../core/cidr-checks';
import { KubernetesVersion } from '../core/kubernetes-version';
import { checkClusterName } from '../core/naming';
import { check, checkInteger, checkKnown, fail, isKnown } from '../core/validation';

/** What is known of a cluster that is there already, without its secret. */
export interface ExistingClusterFacts {
  /** Its name: load balancers and volumes carry it, so it must be the one that its controllers know. */
  readonly clusterName: string;
  /** Its version. */
  readonly version: KubernetesVersion;
  /** URL of its API server. */
  readonly host: string;
  /**
   * Name that its certificate is believed by, if `host` isn't in it.
   * @default - what `host` says
   */
  readonly tlsServerName?: string;
  /** Its CA, PEM. */
  readonly clusterCaCertificate: string;
  /** Client certificate, PEM. */
  readonly clientCertificate: string;
  /** Its pod network. */
  readonly cni: Cni;
  /** Addresses of pods. */
  readonly podCidr: string;
  /** Addresses of services. */
  readonly serviceCidr: string;
  /** MTU in bytes of a pod's interface, 1280 at least. */
  readonly podMtu: number;
  /**
   * Control-plane nodes.
   * @default 3
   */
  readonly controlPlaneReplicas?: number;
  /**
   * Whether the nodes' ports are Neutron trunks, which Kuryr needs.
   * @default - not known
   */
  readonly trunkPorts?: boolean;
}

/** A cluster that is there already. */
export interface KubernetesClusterAttributes extends ExistingClusterFacts {
  /** Client key, PEM: a reference (a sensitive variable, for example), never a literal. */
  readonly clientKey: string;
  /**
   * The same as a kubeconfig file (YAML): a reference.
   * @default - empty: whoever needs it takes the parts
   */
  readonly rawConfig?: string;
  /**
   * The cloud below, for the cloud controller and the CSI drivers.
   * @default - not known
   */
  readonly openstack?: ClusterCloud;
}

/** Clusters that this library didn't make. */
export class KubernetesCluster {
  /** Adopts a cluster by what is in its kubeconfig. Nothing is created. */
  public static fromKubeconfig(scope: Construct, id: string, attributes: KubernetesClusterAttributes): IKubernetesCluster {
    return new AdoptedCluster(scope, id, attributes);
  }

  private constructor() {}
}

class AdoptedCluster extends Construct implements IKubernetesCluster {
  public readonly clusterName: string;
  public readonly version: KubernetesVersion;
  public readonly kubeconfig: ClusterAccess;
  public readonly cni: Cni;
  public readonly podCidr: string;
  public readonly serviceCidr: string;
  public readonly podMtu: number;
  public readonly controlPlaneReplicas: number;
  public readonly openstack?: ClusterCloud;
  public readonly trunkPorts?: boolean;
  public readonly imported: boolean = true;

  constructor(scope: Construct, id: string, attributes: KubernetesClusterAttributes) {
    super(scope, id);
    const { host, podCidr, serviceCidr, podMtu, clientKey, rawConfig = '' } = attributes;
    checkClusterName(this, attributes.clusterName);
    check(this, host, (v) => /^https:\/\/[^/\s]+$/.test(v), {
      problem: 'host must be a URL with https and without a path',
      fix: 'write it as https://api.example.com:6443',
    });
    for (const [name, secret] of Object.entries({ clientKey, rawConfig })) {
      if (secret !== '' && isKnown(secret)) {
        fail(this, { problem: `${name} is a literal, and would stand in the synthesised JSON`, fix: 'give a sensitive variable of the stack' });
      }
    }
    parseCidr(this, 'podCidr', podCidr);
    parseCidr(this, 'serviceCidr', serviceCidr);
    assertDisjoint(this, { podCidr, serviceCidr });
    checkInteger(this, 'podMtu', podMtu, { min: 1280, max: 65535 });
    checkKnown(this, 'controlPlaneReplicas', attributes.controlPlaneReplicas);
    checkInteger(this, 'controlPlaneReplicas', attributes.controlPlaneReplicas, { min: 1 });
    this.clusterName = attributes.clusterName;
    this.version = attributes.version;
    this.kubeconfig = {
      host,
      tlsServerName: attributes.tlsServerName,
      clusterCaCertificate: attributes.clusterCaCertificate,
      clientCertificate: attributes.clientCertificate,
      clientKey,
      rawConfig,
    };
    this.cni = attributes.cni;
    this.podCidr = podCidr;
    this.serviceCidr = serviceCidr;
    this.podMtu = podMtu;
    this.controlPlaneReplicas = attributes.controlPlaneReplicas ?? 3;
    this.openstack = attributes.openstack;
    this.trunkPorts = attributes.trunkPorts;
  }
}
