/** What users of OpenStack may do in a cluster. Everything that no rule allows is left to Kubernetes' own roles. */
export interface KeystonePolicyRule {
  /** Keystone's roles; a user needs one of them in one of the projects. */
  readonly roles: string[];
  /** Keystone's projects, by name. */
  readonly projects: string[];
  /**
   * What they may do with which resources: `{ 'default/pods': ['get', 'list', 'watch'] }`. A star stands for all namespaces, resources or verbs; a leading
   * exclamation mark for all but: namespace "!kube-system", resource "!['secrets']".
   * @default - nothing
   */
  readonly resourcePermissions?: { readonly [namespaceAndResource: string]: string[] };
  /**
   * What they may do with paths that are no resources: `{ '/version': ['get'] }`.
   * @default - nothing
   */
  readonly nonResourcePermissions?: { readonly [path: string]: string[] };
}
