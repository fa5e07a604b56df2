/** A container image that a cluster runs. */
export interface ClusterImage {
  /** Where the nodes get it from: `registry.k8s.io/provider-os/cinder-csi-plugin:v1.36.0`. Without a tag if only the chart knows it. */
  readonly image: string;
  /** Where its makers publish it: what a site without the internet copies. */
  readonly source: string;
  /** What runs it: "CinderCsi", "Kubernetes". */
  readonly usedBy: string;
}

/** A Helm chart that is installed on a cluster. */
export interface ClusterChart {
  /** Name of the chart. */
  readonly name: string;
  /** Version. */
  readonly version: string;
  /** Where it is taken from: the URL of a repository, or of an OCI registry. */
  readonly repository: string;
  /** Where its makers publish it. */
  readonly source: string;
  /** What installs it. */
  readonly usedBy: string;
}
