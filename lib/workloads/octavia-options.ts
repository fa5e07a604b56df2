/** Options of a Service's load balancer, each an annotation that the OpenStack cloud controller reads. Times are in milliseconds. */
export interface OctaviaOptions {
  /**
   * Neutron's id of the external network for the floating IP.
   * @default - the CloudConfig's
   */
  readonly floatingNetworkId?: string;
  /**
   * Neutron's id of the external subnet.
   * @default - any of the network's
   */
  readonly floatingSubnetId?: string;
  /**
   * Name, glob, or `~regular expression` of the external subnet.
   * @default - any of the network's
   */
  readonly floatingSubnet?: string;
  /**
   * Tags of the external subnet.
   * @default - any of the network's
   */
  readonly floatingSubnetTags?: string[];
  /**
   * Name of a load-balancer class of the CloudConfig.
   * @default - none
   */
  readonly loadBalancerClass?: string;
  /**
   * Neutron's id of the VIP's subnet.
   * @default - the CloudConfig's
   */
  readonly subnetId?: string;
  /**
   * Neutron's id of the VIP's network.
   * @default - the CloudConfig's
   */
  readonly networkId?: string;
  /**
   * Neutron's id of the members' subnet.
   * @default - the CloudConfig's
   */
  readonly memberSubnetId?: string;
  /**
   * Neutron's id of a port that becomes the VIP.
   * @default - a new port
   */
  readonly portId?: string;
  /**
   * Octavia's id of a load balancer that is there and is shared, with other ports. The CloudConfig's `maxSharedLb` Services (2) may share one. What
   * describes a new load balancer (flavor, zone, VIP) is then refused, since it would be ignored; so is `internal`.
   * @default - one of its own
   */
  readonly loadBalancerId?: string;
  /**
   * Whether the floating IP stays when the Service goes.
   * @default - true for one that was given, false for one that was made
   */
  readonly keepFloatingIp?: boolean;
  /**
   * How members are chosen: ROUND_ROBIN, LEAST_CONNECTIONS, SOURCE_IP; with OVN SOURCE_IP_PORT alone.
   * @default - the CloudConfig's
   */
  readonly method?: string;
  /**
   * Connections at a time, from 1; -1 is no limit.
   * @default - no limit
   */
  readonly connectionLimit?: number;
  /**
   * Whether the client's address is sent by the PROXY protocol, which the program must understand. Amphora only.
   * @default false
   */
  readonly proxyProtocol?: boolean;
  /**
   * Version of the PROXY protocol, 1 (text) or 2 (binary).
   * @default 1
   */
  readonly proxyProtocolVersion?: number;
  /**
   * Whether the client's address is sent in the header X-Forwarded-For: the port then speaks HTTP. Amphora only.
   * @default false
   */
  readonly xForwardedFor?: boolean;
  /**
   * Barbican's reference of a TLS container or secret, `https://…/v1/containers/<uuid>`: the load balancer ends TLS. Amphora only.
   * @default - TLS passes through
   */
  readonly tlsContainerRef?: string;
  /**
   * How long a client may be silent. Amphora only.
   * @default - Octavia's, 50000
   */
  readonly timeoutClientData?: number;
  /**
   * How long a member may take to accept a connection. Amphora only.
   * @default - Octavia's, 5000
   */
  readonly timeoutMemberConnect?: number;
  /**
   * How long a member may be silent. Amphora only.
   * @default - Octavia's, 50000
   */
  readonly timeoutMemberData?: number;
  /**
   * How long to wait for more of a connection's beginning. Amphora only.
   * @default - Octavia's, 0
   */
  readonly timeoutTcpInspect?: number;
  /**
   * Whether members are checked.
   * @default - the CloudConfig's
   */
  readonly healthMonitor?: boolean;
  /**
   * Seconds from one check of a member to the next, from 1.
   * @default - the CloudConfig's, 5
   */
  readonly healthMonitorDelay?: number;
  /**
   * Seconds that a member has to answer, from 1 and less than the delay.
   * @default - the CloudConfig's, 3
   */
  readonly healthMonitorTimeout?: number;
  /**
   * Answers after which a member takes part again, 1 to 10.
   * @default - the CloudConfig's, 1
   */
  readonly healthMonitorMaxRetries?: number;
  /**
   * Answers that a member may owe before it takes part no more, 1 to 10.
   * @default - the CloudConfig's, 3
   */
  readonly healthMonitorMaxRetriesDown?: number;
  /**
   * Labels of the nodes that become members; with an empty value, any value.
   * @default - the CloudConfig's, else all nodes
   */
  readonly nodeSelector?: { readonly [label: string]: string };
  /**
   * Octavia's id of a flavor. Amphora only.
   * @default - the CloudConfig's
   */
  readonly flavorId?: string;
  /**
   * Octavia's availability zone, without spaces. Amphora only.
   * @default - the CloudConfig's
   */
  readonly availabilityZone?: string;
  /**
   * Name that the Service tells as its ingress instead of the address, so that pods use the load balancer, too.
   * @default - the address
   */
  readonly hostname?: string;
}
