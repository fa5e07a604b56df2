/** How servers get their IPv6 address, in Neutron's words (`ipv6_address_mode` and `ipv6_ra_mode`). */
export enum Ipv6AddressMode {
  /** By DHCPv6: a port has the address that Neutron chose or that it asked for. */
  DHCPV6_STATEFUL = 'dhcpv6-stateful',
  /** By themselves, from the router's prefix and their MAC address; name servers and the like by DHCPv6. Prefixes are /64. */
  DHCPV6_STATELESS = 'dhcpv6-stateless',
  /** By themselves, from the router's prefix and their MAC address. Prefixes are /64. */
  SLAAC = 'slaac',
}
