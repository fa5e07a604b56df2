import { HostNetwork, HostProps, HostRole, NetworkRole } from '../../lib/contracts/host';

/** The least that is a good host. */
export function host(n: number, props: Partial<HostProps> = {}): HostProps {
  return {
    name: `host-${n}`,
    roles: [HostRole.COMPUTE],
    managementAddress: `10.10.0.${n}`,
    cpuThreads: 64,
    memoryMib: 262144,
    disks: [{ device: '/dev/sda', sizeGib: 447 }],
    nics: [{ name: 'eno1', networks: [NetworkRole.INTERNAL_API], address: `10.10.0.${n}` }],
    ...props,
  };
}

export const internal: HostNetwork = { role: NetworkRole.INTERNAL_API, cidr: '10.10.0.0/24' };
