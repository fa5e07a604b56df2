/** How Nova places the servers of a group. */
export enum ServerGroupPolicy {
  /** Each on a hypervisor of its own; a server that finds none is an error. */
  ANTI_AFFINITY = 'anti-affinity',
  /** Each on a hypervisor of its own where possible. Servers that are created at the same moment may still meet. */
  SOFT_ANTI_AFFINITY = 'soft-anti-affinity',
  /** All on one hypervisor. */
  AFFINITY = 'affinity',
  /** All on one hypervisor where possible. */
  SOFT_AFFINITY = 'soft-affinity',
}
