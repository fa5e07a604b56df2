/** How many IP families a Service has addresses of. */
export enum IpFamilyPolicy {
  /** One. */
  SINGLE_STACK = 'SingleStack',
  /** Two where the cluster has two. */
  PREFER_DUAL_STACK = 'PreferDualStack',
  /** Two; an error where the cluster has one. */
  REQUIRE_DUAL_STACK = 'RequireDualStack',
}
