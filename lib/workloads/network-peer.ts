import { IWorkload } from './workload-contract';

/** Options of NetworkPeer.cidr. */
export interface CidrPeerOptions {
  /**
   * CIDRs inside of it that don't belong to it.
   * @default - none
   */
  readonly except?: string[];
}

/** The other end of a connection. */
export class NetworkPeer {
  /** The pods of a workload. */
  public static workload(workload: IWorkload): NetworkPeer {
    return new NetworkPeer('pods', workload.namespaceName, workload.selectorLabels, undefined, undefined, workload.port);
  }

  /** Pods with these labels, in the policy's own namespace or another. */
  public static pods(labels: { readonly [label: string]: string }, namespaceName?: string): NetworkPeer {
    return new NetworkPeer('pods', namespaceName, labels);
  }

  /** All pods of a namespace. */
  public static namespace(namespaceName: string): NetworkPeer {
    return new NetworkPeer('namespace', namespaceName);
  }

  /**
   * Addresses. What comes through a load balancer has the address of a node, unless the Service's externalTrafficPolicy is LOCAL and the load balancer
   * passes on the client's.
   */
  public static cidr(cidr: string, options: CidrPeerOptions = {}): NetworkPeer {
    return new NetworkPeer('cidr', undefined, undefined, cidr, options.except);
  }

  /** Everybody, inside the cluster and outside. */
  public static anywhere(): NetworkPeer {
    return new NetworkPeer('anywhere');
  }

  private constructor(
    /** "pods", "namespace", "cidr" or "anywhere". */
    public readonly kind: string,
    /** Namespace of the pods. */
    public readonly namespaceName?: string,
    /** Labels of the pods. */
    public readonly labels?: { readonly [label: string]: string },
    /** The addresses. */
    public readonly block?: string,
    /** Addresses inside of it that don't belong to it. */
    public readonly except?: string[],
    /** Port that it listens on. */
    public readonly port?: number,
  ) {}
}
