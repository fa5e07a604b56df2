import { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { checkCaCertificate, checkExternalNetworkName, checkRegion, checkZones } from './cloud-checks';
import { OpenStackEngine } from './openstack-engine';
import { IBareMetalPool } from '../contracts/bare-metal-pool';
import { HostRole, NetworkRole } from '../contracts/host';
import { AvailabilityZone, IOpenStackCloud, LoadBalancerProvider } from '../contracts/openstack-cloud';
import { Cidr } from '../core/cidr';
import { IpFamily } from '../core/ip-family';
import { Mtu } from '../core/mtu';

/** Properties of OpenStackControlPlane. */
export interface OpenStackControlPlaneProps {
  /** The hosts. */
  readonly pool: IBareMetalPool;
  /** How OpenStack is put onto them: `OpenStackEngine.kolla({ … })`. */
  readonly engine: OpenStackEngine;
  /**
   * Name that the external network has, or will have. `ProviderNetwork` makes it, in a stack that logs in to the new cloud.
   * @default "public"
   */
  readonly externalNetworkName?: string;
  /**
   * Who implements load balancers.
   * @default - OVN with OVN networking, which needs no image and no machines; amphorae with Open vSwitch
   */
  readonly loadBalancerProvider?: LoadBalancerProvider;
  /**
   * Name of the region.
   * @default "RegionOne"
   */
  readonly regionName?: string;
  /**
   * Zones for servers and volumes.
   * @default - the zones of the compute hosts, sorted by name; volumes are in Cinder's one zone
   */
  readonly zones?: AvailabilityZone[];
  /**
   * The CA (PEM) that signed the API endpoints' certificates. Kolla's own is made on the deployment host, where it is
   * /etc/kolla/certificates/ca/root.crt after the first deployment.
   * @default - not told to the layers above
   */
  readonly caCertificatePem?: string;
}

/**
 * OpenStack on a pool of bare-metal hosts. Other layers use it as the cloud that it is.
 *
 * Creates the engine's steps, one resource for each stage; which of them will run again shows in the plan. Destroying the stack forgets the steps and
 * leaves the cloud as it is, with everything in it.
 */
export class OpenStackControlPlane extends Construct implements IOpenStackCloud {
  public readonly authUrl: string;
  public readonly region: string;
  public readonly externalNetworkName: string;
  public readonly zones: AvailabilityZone[];
  public readonly loadBalancerProvider: LoadBalancerProvider;
  public readonly tenantNetworkMtu: number;
  public readonly computeHostCount?: number;
  public readonly hostCidrs?: string[];
  public readonly caCertificatePem?: string;
  public readonly ready: ITerraformDependable[];
  /** The engine's configuration, by file name under its folder: the same files work by hand, without Terraform. They hold no secrets. */
  public readonly configurationFiles: { readonly [path: string]: string };

  constructor(scope: Construct, id: string, props: OpenStackControlPlaneProps) {
    super(scope, id);
    const { pool } = props;
    this.region = props.regionName ?? 'RegionOne';
    this.externalNetworkName = props.externalNetworkName ?? 'public';
    checkRegion(this, this.region);
    checkExternalNetworkName(this, this.externalNetworkName);
    checkCaCertificate(this, props.caCertificatePem);
    const engine = props.engine._bind(this, { pool, region: this.region, loadBalancerProvider: props.loadBalancerProvider });

    const computeHosts = pool.hostsWithRole(HostRole.COMPUTE);
    const computeZones = [...new Set(computeHosts.map((host) => host.zone))].sort();
    this.zones = props.zones ?? computeZones.map((compute) => ({ compute, volume: engine.volumeZone }));
    checkZones(this, this.zones);
    const tunnel = pool.network(NetworkRole.TUNNEL) ?? pool.network(NetworkRole.INTERNAL_API);
    const underlay = tunnel?.cidr === undefined ? IpFamily.V4 : Cidr.of(tunnel.cidr).family;
    this.tenantNetworkMtu = Mtu.of(tunnel?.mtu ?? 1500, `${this.node.path}: tunnel network`).inside(engine.tunnel, underlay).bytes;
    this.authUrl = engine.authUrl;
    this.loadBalancerProvider = engine.loadBalancerProvider;
    this.computeHostCount = computeHosts.length;
    this.hostCidrs = pool.networks.flatMap(({ cidr }) => (cidr === undefined ? [] : [cidr]));
    this.caCertificatePem = props.caCertificatePem;
    this.ready = engine.ready;
    this.configurationFiles = engine.files;
  }
}
