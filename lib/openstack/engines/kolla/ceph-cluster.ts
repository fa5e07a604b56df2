import { blockDevices, KollaModel, networkOr } from './kolla-model';
import { CephadmOptions } from './kolla-options';
import { IBareMetalPool } from '../../../contracts/bare-metal-pool';
import { Host, HostRole, NetworkRole } from '../../../contracts/host';
import { HostDistribution } from '../../../core/host-distribution';
import { check, checkInteger, fail, Where } from '../../../core/validation';

/** Throws for what a Ceph cluster by cephadm would fail on, or be no good with. */
export function checkCephadm(where: Where, pool: IBareMetalPool, options: CephadmOptions, distribution: HostDistribution): void {
  const hosts = pool.hostsWithRole(HostRole.STORAGE);
  if (hosts.length < 3) {
    fail(where, {
      problem: 'a Ceph cluster needs three storage hosts: its monitors decide by majority, and each piece of data is on several hosts',
      value: hosts.length,
      fix: 'give the role storage to three hosts, or use CinderBackend.lvm()',
    });
  }
  checkInteger(where, 'replicas of Ceph', options.replicas, { min: 2, max: hosts.length });
  check(where, options.image, (image) => /^[a-z0-9.-]+(:\d{1,5})?(\/[\w.-]+)+(:[\w.-]+|@sha256:[0-9a-f]{64})$/.test(image), {
    problem: 'image of Ceph must be an image with its tag or digest',
    fix: 'write it as registry.example.com/ceph/ceph:v19.2.3',
  });
  if (distribution === HostDistribution.DEBIAN_12) {
    fail(where, {
      problem: "Debian 12's cephadm is Ceph 16, which is unmaintained",
      value: distribution.name,
      fix: 'use Ubuntu 24.04, Debian 13 or Rocky Linux 10, or an external cluster',
    });
  }
  const without = hosts.find((host) => blockDevices(host).length === 0);
  if (without !== undefined) {
    fail(where, {
      problem: `storage host ${without.name} has no disk for block storage`,
      value: without.disks.map(({ device }) => device),
      fix: 'add a second disk to it in the inventory, or take the role storage from it',
    });
  }
  const { role } = networkOr(pool, NetworkRole.STORAGE);
  for (const host of pool.hosts.filter((each) => each.is(HostRole.CONTROL) || each.is(HostRole.COMPUTE) || each.is(HostRole.STORAGE))) {
    if (host.nicFor(role)?.address !== undefined) continue;
    fail(where, {
      problem: `host ${host.name} has no address in network "${role}", where Ceph is: images, volumes and machines are kept there`,
      value: host.nics.map(({ name }) => name),
      fix: `add "${role}" to one of its interfaces in the inventory, with an address`,
    });
  }
}

/** What `ceph-cluster.py` makes, as JSON. */
export function renderCephCluster({ pool, options: { services } }: KollaModel, options: CephadmOptions): string {
  const hosts = pool.hostsWithRole(HostRole.STORAGE);
  const monitors = hosts.length >= 5 ? 5 : 3;
  const { role, network } = networkOr(pool, NetworkRole.STORAGE);
  const storage = (host: Host) => host.nicFor(role)?.address;
  const rbd = (...osd: string[]) => ({ mon: 'profile rbd', osd: osd.join(', '), mgr: 'profile rbd' });
  const cluster = {
    hosts: hosts.map((host, i) => ({
      name: host.name,
      address: host.managementAddress,
      port: pool.ssh.port ?? 22,
      user: pool.ssh.user,
      storage: storage(host),
      devices: blockDevices(host),
      monitor: i < monitors,
    })),
    publicNetwork: network?.cidr,
    image: options.image ?? '',
    replicas: options.replicas ?? 3,
    // Kolla's names
    pools: ['volumes', 'backups', 'images', 'vms'],
    fileSystem: services?.manila !== undefined,
    users: {
      cinder: [
        rbd('profile rbd pool=volumes', 'profile rbd pool=vms', 'profile rbd-read-only pool=images'),
        ['cinder/cinder-volume', 'cinder/cinder-backup', 'nova'],
      ],
      'cinder-backup': [rbd('profile rbd pool=backups'), ['cinder/cinder-backup']],
      glance: [rbd('profile rbd pool=images'), ['glance']],
      ...(services?.manila === undefined ? {} : { manila: [{ mon: 'allow r', mgr: 'allow rw' }, ['manila']] }),
    },
    patienceSeconds: 1800,
  };
  return `${JSON.stringify(cluster, undefined, 2)}\n`;
}
