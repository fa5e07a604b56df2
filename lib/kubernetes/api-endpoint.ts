import { Keepalived } from './endpoint/virtual-address-files';
import { LoadBalancerProvider } from '../contracts/openstack-cloud';
import { Cidr } from '../core/cidr';
import { check, checkInteger, checkListKnown, checkUnique, fail, isKnown, Where } from '../core/validation';
import { DnsZone } from '../nova/dns-record';

/** What every API endpoint can have. */
export interface ApiEndpointOptions {
  /**
   * Whether it has a floating IP, to be reached from outside the cluster's network.
   * @default false
   */
  readonly floatingIp?: boolean;
  /**
   * Address of a floating IP that the project has already, for firewalls and DNS that must know it first. It stays when the cluster goes. Needs `floatingIp`.
   * Naming the one that the cluster made would release it: take it out of the state first (`terraform state rm`).
   * @default - one is made
   */
  readonly floatingIpAddress?: string;
  /**
   * Who may reach it, in CIDR notation, besides the nodes themselves. `0.0.0.0/0` opens it to the world.
   * @default - the nodes alone
   */
  readonly allowedCidrs?: string[];
  /**
   * A DNS name of yours for it: it enters the API servers' certificates and the kubeconfig. The record is yours to make, unless `dnsZone` is given.
   * @default - the kubeconfig has the floating IP, or the address in the cluster's network
   */
  readonly dnsName?: string;
  /**
   * Designate's zone in which the record of `dnsName` is made.
   * @default - no record is made
   */
  readonly dnsZone?: DnsZone;
  /**
   * Further names and addresses for the API servers' certificates.
   * @default - none
   */
  readonly certSans?: string[];
}

/** Options of an API endpoint behind an Octavia load balancer. */
export interface OctaviaEndpointOptions extends ApiEndpointOptions {
  /**
   * The load balancer's address in the nodes' (first) subnet. Settled when the cluster is made.
   * @default - Neutron chooses
   */
  readonly vipAddress?: string;
  /**
   * Id of an Octavia flavor, for amphorae in active/standby, for example. Settled when the load balancer is made. Amphora only.
   * @default - the provider's default
   */
  readonly flavorId?: string;
  /**
   * Octavia's availability zone. Settled when the load balancer is made. Amphora only.
   * @default - the provider's default
   */
  readonly availabilityZone?: string;
  /**
   * Seconds after which an idle connection is cut, 1 to 86400: a `kubectl exec` in which nobody types, for example. Amphora only.
   * @default 600
   */
  readonly idleTimeoutSeconds?: number;
}

/** Options of an API endpoint that the control planes hold themselves. */
export interface KeepalivedEndpointOptions extends ApiEndpointOptions {
  /**
   * The address, in the nodes' (first) subnet. Settled when the cluster is made.
   * @default - Neutron chooses
   */
  readonly virtualAddress?: string;
  /**
   * Number of the VRRP router, 1 to 255. Control planes speak with each other's addresses alone, so clusters in one network may have the same.
   * @default 51
   */
  readonly virtualRouterId?: number;
  /**
   * About how long a control plane whose API doesn't answer keeps the address before another may have it, in seconds, 10 to 300. A third of it lies between
   * two checks. Raise it where an API may be slow for a while, as on nested or overcommitted hypervisors: otherwise nobody has the address then.
   * @default 10
   */
  readonly takeoverSeconds?: number;
}

/** How the API servers are reached. Nodes always use the address in their own network, never the floating IP. */
export class ApiEndpoint {
  /** An Octavia load balancer before the control plane, of the cloud's provider (amphora or OVN). */
  public static octavia(options: OctaviaEndpointOptions = {}): ApiEndpoint {
    return new ApiEndpoint(options);
  }

  /**
   * A virtual address that keepalived on the control planes holds, for clouds without Octavia. All of the API's traffic goes to the one that has it;
   * within seconds after that is not ready any more another one has it. The node image has keepalived, or nodes install it from their distribution's
   * mirrors.
   */
  public static keepalived(options: KeepalivedEndpointOptions = {}): ApiEndpoint {
    const { virtualAddress: address, virtualRouterId = 51, takeoverSeconds } = options;
    return new ApiEndpoint(options, { address, virtualRouterId, takeoverSeconds });
  }

  /** True if it has a floating IP. */
  public readonly floatingIp: boolean;
  /** Address of a floating IP that is there. */
  public readonly floatingIpAddress?: string;
  /** The load balancer's address in the nodes' subnet, if it is chosen. */
  public readonly vipAddress?: string;
  /** Who may reach it besides the nodes. */
  public readonly allowedCidrs: string[];
  /** DNS name for the kubeconfig. */
  public readonly dnsName?: string;
  /** Further names and addresses in the certificates. */
  public readonly certSans: string[];
  /** Id of an Octavia flavor. */
  public readonly flavorId?: string;
  /** Octavia's availability zone. */
  public readonly availabilityZone?: string;
  /** Seconds after which Octavia cuts an idle connection. */
  public readonly idleTimeoutSeconds?: number;
  /** Designate's zone for the DNS name. */
  public readonly dnsZone?: DnsZone;

  private constructor(
    options: OctaviaEndpointOptions,
    /**
     * The virtual address, if it isn't a load balancer's.
     * @internal
     */
    public readonly _virtualAddress?: VirtualAddress,
  ) {
    this.floatingIp = options.floatingIp ?? false;
    this.floatingIpAddress = options.floatingIpAddress;
    this.vipAddress = options.vipAddress;
    this.allowedCidrs = [...(options.allowedCidrs ?? [])];
    this.dnsName = options.dnsName;
    this.certSans = [...(options.certSans ?? [])];
    this.flavorId = options.flavorId;
    this.availabilityZone = options.availabilityZone;
    this.idleTimeoutSeconds = options.idleTimeoutSeconds;
    this.dnsZone = options.dnsZone;
  }

  /**
   * Throws if the options can't go together with the cloud.
   * @internal
   */
  public _validate(where: Where, provider: LoadBalancerProvider): void {
    checkListKnown(where, 'api.allowedCidrs', this.allowedCidrs);
    checkListKnown(where, 'api.certSans', this.certSans);
    for (const cidr of this.allowedCidrs) Cidr._parse(where, 'api.allowedCidrs', cidr);
    checkUnique(where, 'entry of api.allowedCidrs', this.allowedCidrs);
    for (const name of [this.dnsName, ...this.certSans]) {
      check(where, name, (v) => /^[A-Za-z0-9*]([A-Za-z0-9.:-]{0,251}[A-Za-z0-9:])?$/.test(v), {
        problem: 'api.dnsName and api.certSans must be DNS names or addresses, without a scheme or a port',
        fix: 'write it as api.example.com or 203.0.113.10',
      });
    }
    if (this.dnsZone !== undefined && this.dnsName === undefined) {
      fail(where, { problem: 'api.dnsZone is given, and no api.dnsName to be made in it', fix: 'give dnsName, for example api.example.com' });
    }
    checkInteger(where, 'api.virtualRouterId', this._virtualAddress?.virtualRouterId, { min: 1, max: 255 });
    checkInteger(where, 'api.takeoverSeconds', this._virtualAddress?.takeoverSeconds, { min: 10, max: 300 });
    for (const option of ['virtualRouterId', 'takeoverSeconds'] as const) {
      if (isKnown(this._virtualAddress?.[option])) continue;
      fail(where, { problem: `api.${option} must be known at synth, a reference was given`, fix: 'give a number' });
    }
    if (this.floatingIpAddress !== undefined && !this.floatingIp) {
      fail(where, {
        problem: 'api.floatingIpAddress is given, and the API is to have no floating IP',
        value: isKnown(this.floatingIpAddress) ? this.floatingIpAddress : undefined,
        fix: 'give floatingIp: true, too, and allowedCidrs',
      });
    }
    if (this._virtualAddress !== undefined && this.floatingIp && this.allowedCidrs.length === 0) {
      fail(where, {
        problem: 'api.floatingIp without allowedCidrs would be of no use, since nobody but the nodes may reach the API',
        fix: "say who may in allowedCidrs, for example ['198.51.100.0/24'], or ['0.0.0.0/0'] for the whole world",
      });
    }
    if (provider !== LoadBalancerProvider.OVN) return;
    const { flavorId, availabilityZone, idleTimeoutSeconds } = this;
    for (const [option, value] of Object.entries({ flavorId, availabilityZone, idleTimeoutSeconds })) {
      if (value === undefined) continue;
      fail(where, {
        problem: `api.${option} is an option of amphora load balancers, and the cloud's provider is OVN`,
        ...(isKnown(value) && { value }),
        fix: `leave ${option} out, or say loadBalancerProvider: LoadBalancerProvider.AMPHORA for the cloud`,
      });
    }
  }
}

interface VirtualAddress extends Keepalived {
  readonly address?: string;
}
