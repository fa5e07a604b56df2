import { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { IBareMetalPool, PoolCapacity, SshAccess } from '../../lib/contracts/bare-metal-pool';
import { Host, HostNetwork, HostNic, HostProps, HostRole, NetworkRole } from '../../lib/contracts/host';
import { KvmProfile } from '../../lib/contracts/kvm-profile';
import { StepResource } from '../../lib/core/step-resource';

/** Layer 1 by its contract alone: what the layer above may know of it, also in states that an inventory would refuse. */
export class TestPool extends Construct implements IBareMetalPool {
  public readonly ssh: SshAccess = { user: 'ubuntu', privateKeyPath: '~/.ssh/id_ed25519', port: 22 };
  public readonly capacity: PoolCapacity = { computeHosts: 0, vcpus: 0, memoryMib: 0, blockStorageGib: 0 };
  public readonly ready: ITerraformDependable[];

  constructor(
    scope: Construct,
    public readonly hosts: Host[] = threeByThree(),
    public readonly networks: HostNetwork[] = NETWORKS,
    public readonly kvm: KvmProfile = KvmProfile.default(),
  ) {
    super(scope, 'Pool');
    this.ready = [new StepResource(this, 'Verified')];
  }

  public hostsWithRole(role: HostRole): Host[] {
    return this.hosts.filter((host) => host.is(role));
  }

  public network(role: NetworkRole): HostNetwork | undefined {
    return this.networks.find((network) => network.role === role);
  }
}

export const NETWORKS: HostNetwork[] = [
  { role: NetworkRole.INTERNAL_API, cidr: '10.10.0.0/24', vlan: 10 },
  { role: NetworkRole.EXTERNAL_API, cidr: '203.0.113.0/24', vlan: 30 },
  { role: NetworkRole.TUNNEL, cidr: '10.10.20.0/24', vlan: 20, mtu: 9000 },
  { role: NetworkRole.STORAGE, cidr: '10.10.40.0/24', vlan: 40, mtu: 9000 },
  { role: NetworkRole.OCTAVIA_MANAGEMENT, cidr: '10.10.60.0/24', vlan: 60 },
  { role: NetworkRole.PROVIDER },
];

const nic = (name: string, network: NetworkRole, address?: string): HostNic => ({ name, networks: [network], address });

/** The n-th host: its interfaces follow from what it is for. */
export function testHost(n: number, roles: HostRole[], more: Partial<HostProps> = {}): Host {
  const is = (...wanted: HostRole[]) => wanted.some((role) => roles.includes(role));
  return new Host({
    name: `${roles[0]}-${n}`,
    roles,
    managementAddress: `10.10.0.${n}`,
    cpuThreads: 32,
    memoryMib: 131072,
    disks: [{ device: '/dev/sda', sizeGib: 480 }, ...(is(HostRole.STORAGE) ? [{ device: '/dev/disk/by-id/nvme-1', sizeGib: 3500 }] : [])],
    nics: [
      nic('bond0.10', NetworkRole.INTERNAL_API, `10.10.0.${n}`),
      ...(is(HostRole.NETWORK, HostRole.COMPUTE) ? [nic('bond0.20', NetworkRole.TUNNEL, `10.10.20.${n}`)] : []),
      ...(is(HostRole.NETWORK) ? [nic('bond0.30', NetworkRole.EXTERNAL_API, `203.0.113.${n}`), nic('bond1', NetworkRole.PROVIDER)] : []),
      ...(is(HostRole.COMPUTE, HostRole.STORAGE) ? [nic('bond0.40', NetworkRole.STORAGE, `10.10.40.${n}`)] : []),
      ...(is(HostRole.CONTROL) ? [nic('bond0.60', NetworkRole.OCTAVIA_MANAGEMENT, `10.10.60.${n}`)] : []),
    ],
    os: 'ubuntu-24.04',
    ...more,
  });
}

/** Three control and network hosts, three compute hosts in two zones, three storage hosts. */
export function threeByThree(): Host[] {
  return [
    ...[11, 12, 13].map((n) => testHost(n, [HostRole.CONTROL, HostRole.NETWORK])),
    ...[21, 22, 23].map((n) => testHost(n, [HostRole.COMPUTE], { zone: n === 23 ? 'az2' : 'az1' })),
    ...[31, 32, 33].map((n) => testHost(n, [HostRole.STORAGE])),
  ];
}
