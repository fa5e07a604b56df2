import { IConstruct } from 'constructs';

/** What runs in a cluster: what a Service selects and a NetworkPolicy is about. */
export interface IWorkload extends IConstruct {
  /** Name of the object in Kubernetes. */
  readonly workloadName: string;
  /** Namespace that it runs in. */
  readonly namespaceName: string;
  /** Labels that its pods have, and nothing else in the namespace. */
  readonly selectorLabels: { readonly [label: string]: string };
  /**
   * Port that its pods listen on.
   * @default - none: it serves nobody
   */
  readonly port?: number;
}
