import { KollaModel, cloudHosts, mtuOf, networkOr } from './kolla-model';
import { Host, HostRole, NetworkRole } from '../../../contracts/host';

/** What `verify-cloud.py` is to find between the hosts, as JSON. */
export function renderVerification(model: KollaModel): string {
  const { pool, options } = model;
  const carried = pool.networks.filter(({ role, cidr }) => cidr !== undefined && role !== NetworkRole.PROVISIONING);
  const networksOf = (host: Host) =>
    carried.flatMap((network) => {
      const nic = host.nicFor(network.role);
      return nic?.address === undefined ? [] : [{ role: network.role, interface: nic.name, address: nic.address, mtu: mtuOf(network) }];
    });
  const external = networkOr(pool, NetworkRole.EXTERNAL_API).role;
  const expected = {
    hosts: cloudHosts(pool).map((host) => ({
      name: host.name,
      address: host.managementAddress,
      port: pool.ssh.port ?? 22,
      user: pool.ssh.user,
      gateway: host.is(HostRole.NETWORK),
      ceph: host.is(HostRole.CONTROL) || host.is(HostRole.COMPUTE),
      networks: networksOf(host),
    })),
    virtualAddresses: [
      { option: 'internalVip', address: options.internalVip, role: NetworkRole.INTERNAL_API },
      ...(model.externalVip === options.internalVip ? [] : [{ option: 'externalVip', address: model.externalVip, role: external }]),
    ],
    virtualRouterId: model.virtualRouterId,
    clockToleranceSeconds: 1,
  };
  return `${JSON.stringify(expected, undefined, 2)}\n`;
}
