import { ITerraformDependable, TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import { isValid } from 'ipaddr.js';
import { checkCaCertificate, checkCredentialsDirectory, checkExternalNetworkName, checkRegion, checkZones } from './cloud-checks';
import { AdminAccess } from './foundation/admin-access';
import { contentOf, loginOf } from './hand-over';
import { OpenStackEngine } from './openstack-engine';
import { OpenStackLogin } from './openstack-login';
import { IBareMetalPool } from '../contracts/bare-metal-pool';
import { HostRole, NetworkRole } from '../contracts/host';
import { AvailabilityZone, CloudServices, IOpenStackCloud, LoadBalancerProvider } from '../contracts/openstack-cloud';
import { Cidr } from '../core/cidr';
import { IpFamily } from '../core/ip-family';
import { Mtu } from '../core/mtu';
import { isKnown } from '../core/validation';

/** Properties of OpenStackControlPlane. */
export interface OpenStackControlPlaneProps {
  /** The hosts. */
  readonly pool: IBareMetalPool;
  /** How OpenStack is put onto them: `OpenStackEngine.kolla({ … })` or `.openStackHelm({ … })`. */
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
   * The CA (PEM) that signed the API endpoints' certificates.
   * @default - the one that the engine made, read from `credentialsDirectory` when Terraform runs; none without TLS
   */
  readonly caCertificatePem?: string;
  /**
   * Folder on the machine that runs Terraform for the administrator's `clouds.yaml` and the CA, `ca.crt`: absolute, or below `~/`. The folder and the
   * files are readable for their owner alone, and in no state.
   * @default - "~/.config/strata/" and the name of the stack
   */
  readonly credentialsDirectory?: string;
}

/**
 * OpenStack on a pool of bare-metal hosts. Other layers use it as the cloud that it is.
 *
 * Creates the engine's steps, one resource for each stage; which of them will run again shows in the plan. Destroying the stack forgets the steps and
 * leaves the cloud as it is, with everything in it; with OpenStack-Helm it is refused. The last step fetches the administrator's clouds.yaml and the CA to
 * the machine that runs Terraform, by its `ssh` and `tar`, or `kubectl`; another machine fetches them by `npx strata credentials <stack>`.
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
  public readonly reservedAddresses?: { readonly [address: string]: string };
  public readonly services?: CloudServices;
  public readonly caCertificatePem?: string;
  public readonly ready: ITerraformDependable[];
  /** The engine's configuration, by file name under its folder: the same files work by hand, without Terraform. They hold no secrets. */
  public readonly configurationFiles: { readonly [path: string]: string };
  /**
   * Logs in to the new cloud as its administrator, in the stacks above: `new OpenstackProvider(stack, 'OpenStack', { ...openstack.adminLogin })`.
   * Its values are references to the fetched `clouds.yaml`.
   */
  public readonly adminLogin: OpenStackLogin;
  /** By which the few constructs log in as administrator that do what no resource of the provider does. */
  public readonly adminAccess: AdminAccess;
  /** Name servers that the cloud gives to servers whose subnet names none. Undefined if that wasn't decided. */
  public readonly dnsServers?: string[];
  /** Path of the fetched `clouds.yaml` on the machine that runs Terraform, for OS_CLIENT_CONFIG_FILE. */
  public readonly cloudsYamlPath: string;
  /** Path of the fetched CA on the machine that runs Terraform. Undefined without TLS, and if `caCertificatePem` was given. */
  public readonly caCertificatePath?: string;

  constructor(scope: Construct, id: string, props: OpenStackControlPlaneProps) {
    super(scope, id);
    const { pool } = props;
    this.region = props.regionName ?? 'RegionOne';
    this.externalNetworkName = props.externalNetworkName ?? 'public';
    checkRegion(this, this.region);
    checkExternalNetworkName(this, this.externalNetworkName);
    checkCaCertificate(this, props.caCertificatePem);
    const credentialsDirectory = props.credentialsDirectory ?? `~/.config/strata/${TerraformStack.of(this).node.id}`;
    checkCredentialsDirectory(this, credentialsDirectory);
    const { loadBalancerProvider } = props;
    const engine = props.engine._bind(this, { pool, region: this.region, loadBalancerProvider, credentialsDirectory });

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
    this.reservedAddresses = { ...hostAddresses(pool), ...engine.virtualAddresses };
    this.services = engine.services;
    const { caCertificatePath, command } = engine.handedOver;
    this.caCertificatePath = props.caCertificatePem === undefined ? caCertificatePath : undefined;
    this.caCertificatePem = this.caCertificatePath === undefined ? props.caCertificatePem : contentOf(this.caCertificatePath, command);
    this.cloudsYamlPath = engine.handedOver.cloudsYamlPath;
    this.adminLogin = loginOf({ ...engine.handedOver, caCertificatePath: this.caCertificatePath });
    this.adminAccess = { cloud: engine.handedOver.entry, cloudsYamlPath: engine.handedOver.cloudsYamlPath };
    this.dnsServers = engine.dnsServers;
    this.ready = engine.ready;
    this.configurationFiles = engine.files;
  }
}

/** What the hosts of a pool have, and their gateways. */
function hostAddresses(pool: IBareMetalPool): { readonly [address: string]: string } {
  const addresses: { [address: string]: string } = {};
  for (const host of pool.hosts) {
    if (host.gateway !== undefined) addresses[host.gateway] = `the gateway of host ${host.name}`;
  }
  for (const host of pool.hosts) {
    for (const address of [host.managementAddress, ...host.nics.map((nic) => nic.address)]) {
      // a reference, or a name where there is only one to log in by
      if (address !== undefined && isKnown(address) && isValid(address)) addresses[address] = `host ${host.name}`;
    }
  }
  return addresses;
}
