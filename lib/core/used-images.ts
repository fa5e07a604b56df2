import { IConstruct } from 'constructs';
import { ClusterChart, ClusterImage } from './cluster-image';

interface Uses {
  readonly images: ClusterImage[];
  readonly charts: ClusterChart[];
}

const USES = Symbol.for('cdktf-strata.used-images');

/** What runs on a cluster, as far as it was told: by add-ons in any stack, and by the cluster itself. Whoever makes something run adds to it. */
export function usesOf(cluster: IConstruct & { [USES]?: Uses }): Uses {
  if (cluster[USES] === undefined) Object.defineProperty(cluster, USES, { value: { images: [], charts: [] } });
  return cluster[USES]!;
}
