import { ITerraformDependable } from 'cdktf';
import { HandedOver } from './hand-over';
import { IBareMetalPool } from '../contracts/bare-metal-pool';
import { CloudServices, LoadBalancerProvider } from '../contracts/openstack-cloud';
import { Encapsulation } from '../core/encapsulation';

/**
 * What an engine is given.
 */
export interface EngineSurroundings {
  readonly pool: IBareMetalPool;
  readonly region: string;
  /** Undefined: the engine's choice. */
  readonly loadBalancerProvider: LoadBalancerProvider | undefined;
  /** Where the administrator's credentials go, on the machine that runs Terraform. */
  readonly credentialsDirectory: string;
}

/**
 * What an engine has made.
 */
export interface BoundEngine {
  readonly authUrl: string;
  readonly loadBalancerProvider: LoadBalancerProvider;
  /** How tenant networks travel between hosts. */
  readonly tunnel: Encapsulation;
  /** Cinder's zone of all volumes. */
  readonly volumeZone: string;
  readonly ready: ITerraformDependable[];
  /** The administrator's credentials, once the engine is done. */
  readonly handedOver: HandedOver;
  /** Name servers for servers whose subnet names none; undefined if that wasn't decided. */
  readonly dnsServers: string[] | undefined;
  /** The virtual addresses, each with what it is for; undefined if there are none. */
  readonly virtualAddresses?: { readonly [address: string]: string };
  /** Undefined: not known. */
  readonly services?: CloudServices;
  /** Text files that work without Terraform, by their path under the engine's configuration folder. */
  readonly files: { readonly [path: string]: string };
}
