import { Fn, Token } from 'cdktf';
import { Construct } from 'constructs';
import { NovaServer, RootVolume } from './nova-server';
import { ServerPort } from './server-port';
import { IClusterNetwork } from '../contracts/cluster-network';
import { NodeFlavor } from '../contracts/node-flavor';
import { NodeImage } from '../contracts/node-image';
import { AvailabilityZone } from '../contracts/openstack-cloud';
import { parseCidr } from '../core/cidr-checks';
import { IpFamily } from '../core/ip-family';
import { check, checkListKnown, fail, isKnown } from '../core/validation';
import { ethertypeOf, rangeNames } from './private/addresses';
import { makeFloatingIp } from './private/floating-ip';
import { checkNeutronName, checkTags } from './private/names';
import { inSameStack } from '../core/same-stack';
import { NetworkingSecgroupRuleV2 } from '../providers/openstack/networking-secgroup-rule-v2';
import { NetworkingSecgroupV2 } from '../providers/openstack/networking-secgroup-v2';

/** What a bastion is to be. */
export interface BastionOptions {
  /** Its size: the smallest will do. */
  readonly flavor: NodeFlavor;
  /** What it boots from: any image with cloud-init and an SSH server. Settled when it is made. */
  readonly image: NodeImage;
  /** Who may log in to it, in CIDR notation, at least one range. */
  readonly allowedCidrs: string[];
  /**
   * Whether it gets a floating IP. An IPv6 network has none.
   * @default - true in an IPv4 network
   */
  readonly floatingIp?: boolean;
  /**
   * What cloud-init reads at its first boot. Settled when it is made.
   * @default - the key pair is all that it gets
   */
  readonly userData?: string;
  /**
   * Put the root disk on a Cinder volume.
   * @default - a local disk of the hypervisor
   */
  readonly rootVolume?: RootVolume;
  /**
   * Where it may send to, in CIDR notation, besides SSH to the nodes' network: package mirrors and name servers, for example.
   * @default - nowhere
   */
  readonly egressAllowedCidrs?: string[];
}

/** Properties of Bastion. */
export interface BastionProps extends BastionOptions {
  /** Name of the server, its port and its security group: an RFC 1123 label. */
  readonly name: string;
  /** The nodes' network: it is in it, too. */
  readonly network: IClusterNetwork;
  /** Name of the key pair of its first user. Settled when it is made. */
  readonly keyPairName: string;
  /** Where it runs. Settled when it is made. */
  readonly zone: AvailabilityZone;
  /**
   * Tags.
   * @default - none
   */
  readonly tags?: string[];
}

const SSH = { protocol: 'tcp', portRangeMin: 22, portRangeMax: 22 };

/**
 * A small server by which people reach a cluster's nodes with SSH (`ssh -J ubuntu@<bastion> ubuntu@<node>`), with a security group of its own: SSH in from
 * the ranges that are given, SSH out to the nodes' network, and nothing else. Nodes let it in by its group or its address, and only while there is one.
 *
 * Creates a security group and its rules, a port, a server, and a floating IP.
 * Errors: no range that may log in; a range of an IP family that the network doesn't have; a floating IP in an IPv6 network.
 */
export class Bastion extends Construct {
  /** Its address in the nodes' network. */
  public readonly address: string;
  /** Its floating IP, if there is one. */
  public readonly publicAddress?: string;
  /** Neutron's id of its security group. */
  public readonly securityGroupId: string;
  /** What nodes must let in for it: its addresses as blocks of one. */
  public readonly cidrs: string[];
  /** The server. */
  public readonly server: NovaServer;

  constructor(scope: Construct, id: string, props: BastionProps) {
    super(scope, id);
    const { name, network, allowedCidrs, egressAllowedCidrs = [], tags } = props;
    checkNeutronName(this, 'name', name);
    checkTags(this, tags);
    const nodeCidrs = [network.cidr, ...(network.secondarySubnet ? [network.secondarySubnet.cidr] : [])];
    const families = nodeCidrs.map((cidr) => parseCidr(this, 'cidr of the network', cidr)?.family);
    for (const [what, cidrs] of Object.entries({ allowedCidrs, egressAllowedCidrs })) {
      checkListKnown(this, what, cidrs);
      for (const cidr of cidrs) {
        const range = parseCidr(this, what, cidr);
        check(this, cidr, () => range === undefined || families.includes(undefined) || families.includes(range.family), {
          problem: `${what} must be of the network's family, ${families.join(' or ')}`,
          fix: `give ${families.join(' or ')} addresses`,
        });
      }
    }
    check(this, allowedCidrs, (cidrs) => cidrs.length > 0, {
      problem: 'allowedCidrs must not be empty: nobody could log in',
      fix: "say who may, for example ['198.51.100.0/24']",
    });
    const v6 = families[0] === IpFamily.V6;
    if (props.floatingIp && v6) {
      fail(this, { problem: 'floatingIp is not possible, Neutron has none for IPv6', value: network.cidr, fix: 'leave it out' });
    }

    const group = new NetworkingSecgroupV2(this, 'SecurityGroup', { name, deleteDefaultRules: true, ...(tags && { tags }) });
    const rules = (direction: 'ingress' | 'egress', cidrs: readonly string[], what: object) => {
      const names = rangeNames(cidrs);
      cidrs.forEach(
        (cidr, i) =>
          new NetworkingSecgroupRuleV2(this, `${direction}-${names[i]}`.replace(/\//g, '--'), {
            securityGroupId: group.id,
            direction,
            ethertype: ethertypeOf(cidr, families),
            remoteIpPrefix: cidr,
            ...what,
          }),
      );
    };
    rules('ingress', [...new Set(allowedCidrs.map(canonical))], SSH);
    const everything = new Set(egressAllowedCidrs.map(canonical));
    const nodes = nodeCidrs.map(canonical).filter((cidr) => !everything.has(cidr));
    rules('egress', nodes, SSH);
    rules('egress', [...everything], {});
    // cloud-init asks it for the key pair
    if (!v6) rules('egress', ['169.254.169.254/32'], { protocol: 'tcp', portRangeMin: 80, portRangeMax: 80 });

    const port = new ServerPort(this, 'Port', { name, network, securityGroupIds: [group.id], tags });
    this.server = new NovaServer(this, 'Server', {
      name,
      flavor: props.flavor,
      image: props.image,
      port,
      zone: props.zone,
      userData: props.userData ?? '#cloud-config\n{}\n',
      rootVolume: props.rootVolume,
      keyPairName: props.keyPairName,
      tags,
      ...(v6 && { configDrive: true }), // the metadata service has no IPv6 address on many clouds
    });
    this.address = port.address;
    this.securityGroupId = group.id;
    this.cidrs = [port.address, ...(port.secondaryAddress === undefined ? [] : [port.secondaryAddress])].map((address, i) =>
      Token.asString(Fn.format(`%s/${families[i] === IpFamily.V6 ? 128 : 32}`, [address])),
    );
    if (props.floatingIp ?? !v6) {
      const dependsOn = inSameStack(this, [...network.routed, this.server.resource]);
      this.publicAddress = makeFloatingIp(this, { network, portId: port.resource.id, tags, dependsOn }).publicAddress;
    }
  }
}

function canonical(cidr: string): string {
  return isKnown(cidr) ? parseCidr('Bastion', 'cidr', cidr)!.toString() : cidr;
}
