import { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { checkAuthUrl, checkCaCertificate, checkExternalNetworkName, checkRegion, checkZones } from './cloud-checks';
import { readCloudsYaml } from './clouds-yaml';
import { CloudsYamlEntry } from './clouds-yaml-entry';
import { AvailabilityZone, CloudServices, IOpenStackCloud, LoadBalancerProvider } from '../contracts/openstack-cloud';
import { checkAddress, parseCidr } from '../core/cidr-checks';
import { Mtu } from '../core/mtu';
import { checkInteger } from '../core/validation';

/** What is known of a cloud that is already there. */
export interface OpenStackCloudAttributes {
  /** Keystone's URL, with /v3: "https://keystone.example.com:5000/v3". */
  readonly authUrl: string;
  /** Region. */
  readonly region: string;
  /** Name of the external network that floating IPs come from. */
  readonly externalNetworkName: string;
  /** Zones, at least one. Names without spaces. */
  readonly zones: AvailabilityZone[];
  /** Who implements load balancers. */
  readonly loadBalancerProvider: LoadBalancerProvider;
  /** MTU in bytes of a tenant network: what `openstack network show` says of one, usually 1442 with OVN and 1450 with VXLAN. At least 1280. */
  readonly tenantNetworkMtu: number;
  /**
   * Number of hypervisors: decides between hard and soft anti-affinity.
   * @default - not known
   */
  readonly computeHostCount?: number;
  /**
   * CIDRs that the cloud's own hosts use. Cluster networks must not overlap them.
   * @default - not known, not checked
   */
  readonly hostCidrs?: string[];
  /**
   * Addresses that the cloud's own hosts, its virtual addresses and their routers have, each with who that is: `{ '203.0.113.10': 'the external VIP' }`. No
   * allocation pool of Neutron may hold them.
   * @default - not known, not checked
   */
  readonly reservedAddresses?: { readonly [address: string]: string };
  /**
   * What is known of its services: what a `CloudFoundation` makes there depends on it.
   * @default - not known
   */
  readonly services?: CloudServices;
  /**
   * The CA (PEM) that signed the API endpoints' certificates.
   * @default - a CA that every system trusts
   */
  readonly caCertificatePem?: string;
}

/** A cloud that this library didn't make. */
export class OpenStackCloud {
  /**
   * Enters at the second layer: an OpenStack that is already there. Creates nothing, logs in nowhere; the stack's OpenStack provider does that.
   */
  public static fromCloudAttributes(scope: Construct, id: string, attributes: OpenStackCloudAttributes): IOpenStackCloud {
    return new ImportedCloud(scope, id, attributes);
  }

  /**
   * What an entry of a clouds.yaml tells, read at synth: to be completed by what it can't tell.
   *
   * `OpenStackCloud.fromCloudAttributes(stack, 'Cloud', { ...OpenStackCloud.fromCloudsYaml('clouds.yaml', 'prod'), externalNetworkName: 'public', … })`
   *
   * The password stays in the file: the stack's provider logs in by `new OpenstackProvider(stack, 'OpenStack', { cloud: 'prod' })`. Errors: no such file
   * or entry, an entry without `auth_url` or region, a CA that can't be read.
   *
   * @param path of the clouds.yaml, "~/" is the home folder
   * @param entry name of the entry below `clouds`
   */
  public static fromCloudsYaml(path: string, entry: string): CloudsYamlEntry {
    return readCloudsYaml(path, entry);
  }

  private constructor() {}
}

class ImportedCloud extends Construct implements IOpenStackCloud {
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
  public readonly ready: ITerraformDependable[] = [];

  constructor(scope: Construct, id: string, attributes: OpenStackCloudAttributes) {
    super(scope, id);
    checkAuthUrl(this, attributes.authUrl);
    checkRegion(this, attributes.region);
    checkExternalNetworkName(this, attributes.externalNetworkName);
    checkZones(this, attributes.zones);
    Mtu._parse(this, 'tenantNetworkMtu', attributes.tenantNetworkMtu);
    checkInteger(this, 'computeHostCount', attributes.computeHostCount, { min: 1 });
    (attributes.hostCidrs ?? []).forEach((cidr) => parseCidr(this, 'hostCidrs', cidr));
    Object.keys(attributes.reservedAddresses ?? {}).forEach((address) => checkAddress(this, 'reservedAddresses', address));
    checkCaCertificate(this, attributes.caCertificatePem);
    this.authUrl = attributes.authUrl;
    this.region = attributes.region;
    this.externalNetworkName = attributes.externalNetworkName;
    this.zones = [...attributes.zones];
    this.loadBalancerProvider = attributes.loadBalancerProvider;
    this.tenantNetworkMtu = attributes.tenantNetworkMtu;
    this.computeHostCount = attributes.computeHostCount;
    this.hostCidrs = attributes.hostCidrs;
    this.reservedAddresses = attributes.reservedAddresses;
    this.services = attributes.services;
    this.caCertificatePem = attributes.caCertificatePem;
  }
}
