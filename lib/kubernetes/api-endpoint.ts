import { LoadBalancerProvider } from '../contracts/openstack-cloud';
import { Cidr } from '../core/cidr';
import { check, checkListKnown, checkUnique, fail, isKnown, Where } from '../core/validation';

/** Options of an API endpoint behind an Octavia load balancer. */
export interface OctaviaEndpointOptions {
  /**
   * Whether it has a floating IP, to be reached from outside the cluster's network.
   * @default false
   */
  readonly floatingIp?: boolean;
  /**
   * Who may reach it, in CIDR notation, besides the nodes themselves. `0.0.0.0/0` opens it to the world.
   * @default - the nodes alone
   */
  readonly allowedCidrs?: string[];
  /**
   * A DNS name of yours for it: it enters the API servers' certificates and the kubeconfig. The record is yours to make.
   * @default - the kubeconfig has the floating IP, or the address in the cluster's network
   */
  readonly dnsName?: string;
  /**
   * Further names and addresses for the API servers' certificates.
   * @default - none
   */
  readonly certSans?: string[];
  /**
   * Id of an Octavia flavor, for amphorae in active/standby, for example. Settled when the load balancer is made. Amphora only.
   * @default - the provider's default
   */
  readonly flavorId?: string;
  /**
   * Octavia's availability zone. Amphora only.
   * @default - the provider's default
   */
  readonly availabilityZone?: string;
}

/** How the API servers are reached. Nodes always use the address in their own network, never the floating IP. */
export class ApiEndpoint {
  /** An Octavia load balancer before the control plane, of the cloud's provider (amphora or OVN). */
  public static octavia(options: OctaviaEndpointOptions = {}): ApiEndpoint {
    return new ApiEndpoint(options);
  }

  /** True if it has a floating IP. */
  public readonly floatingIp: boolean;
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

  private constructor(options: OctaviaEndpointOptions) {
    this.floatingIp = options.floatingIp ?? false;
    this.allowedCidrs = [...(options.allowedCidrs ?? [])];
    this.dnsName = options.dnsName;
    this.certSans = [...(options.certSans ?? [])];
    this.flavorId = options.flavorId;
    this.availabilityZone = options.availabilityZone;
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
    if (provider !== LoadBalancerProvider.OVN) return;
    for (const [option, value] of Object.entries({ flavorId: this.flavorId, availabilityZone: this.availabilityZone })) {
      if (value === undefined) continue;
      fail(where, {
        problem: `api.${option} is an option of amphora load balancers, and the cloud's provider is OVN`,
        ...(isKnown(value) && { value }),
        fix: `leave ${option} out, or say loadBalancerProvider: LoadBalancerProvider.AMPHORA for the cloud`,
      });
    }
  }
}
