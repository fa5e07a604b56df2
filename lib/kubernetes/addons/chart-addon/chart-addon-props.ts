import { IKubernetesCluster } from '../../../contracts/kubernetes-cluster';

/** What all add-ons have in common that are installed from a published chart. */
export interface ChartAddonProps {
  /** The cluster. The stack's helm provider must be logged in to it. */
  readonly cluster: IKubernetesCluster;
  /**
   * Version of the chart, exactly. With another than the default, values that this construct sets may not be there.
   * @default - the one whose values were read
   */
  readonly chartVersion?: string;
  /**
   * Values for the chart, merged over those of this construct: maps are merged, lists replaced.
   * @default - none
   */
  readonly values?: { readonly [name: string]: any };
  /**
   * How long to wait until it runs, in seconds, 1 to 7200.
   * @default 600
   */
  readonly timeoutSeconds?: number;
}
