/** Version of the Internet Protocol, in the words that Kubernetes' `ipFamilies` uses. */
export enum IpFamily {
  /** IPv4. */
  V4 = 'IPv4',
  /** IPv6. */
  V6 = 'IPv6',
}
