import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ITerraformDependable, TerraformLocal, TerraformResource, Token } from 'cdktf';
import { Construct } from 'constructs';
import { BmcProtocol, BondMode, CpuArchitecture, DiskRole, Host, HostNetwork, HostNic } from '../../contracts/host';
import { Cidr } from '../../core/cidr';
import { escapeLiterals } from '../../core/escape-literals';
import { HostDistribution } from '../../core/host-distribution';
import { StepResource } from '../../core/step-resource';
import { TemplateText } from '../../core/template-text';
import { check, fail } from '../../core/validation';
import { DataMaasVlan } from '../../providers/maas/data-maas-vlan';
import { Instance } from '../../providers/maas/instance';
import { Machine } from '../../providers/maas/machine';
import { NetworkInterfaceBond } from '../../providers/maas/network-interface-bond';
import { NetworkInterfaceLink } from '../../providers/maas/network-interface-link';
import { NetworkInterfacePhysical } from '../../providers/maas/network-interface-physical';
import { NetworkInterfaceVlan } from '../../providers/maas/network-interface-vlan';
import { Tag } from '../../providers/maas/tag';
import { bmcCredentials, checkInstallable, checkRelease, firstBoot, requireProvider } from '../installation';
import { nicMtu, vlanOf } from '../inventory-checks';
import { KeptResources } from '../kept-resources';
import { MaasStorageLayout } from '../maas-storage-layout';
import { ProvisionedHosts } from '../provisioned-hosts';
import { MaasProvisionerProps } from '../provisioner-options';
import { sshAccess } from '../ssh-access';

/** MAAS: machines are commissioned, tagged, wired, their disks divided, and deployed. */
export function provisionByMaas(
  scope: Construct,
  hosts: readonly Host[],
  networks: readonly HostNetwork[],
  props: MaasProvisionerProps,
): ProvisionedHosts {
  const ssh = sshAccess(scope, props);
  const { release = [], fabric = 'fabric-0' } = props;
  checkRelease(scope, release);
  checkInstallable(scope, hosts, 'MAAS');
  check(scope, fabric, (name) => name !== '', { problem: 'fabric must not be empty', fix: 'give its name in MAAS' });
  for (const host of hosts) {
    if (host.raid.length === 0) continue;
    const problem = `raid of ${host.name}: MAAS's provider makes no RAID`;
    fail(scope, {
      problem,
      value: host.raid.map(({ name }) => name),
      fix: 'make it in the controller, or with a storage layout in MAAS, and remove raid',
    });
  }
  requireProvider(scope, 'maas', `new MaasProvider(stack, 'Maas', { apiUrl: 'https://maas.example.com/MAAS', apiKey: key.stringValue })`);
  const resources = (id: string, make: (parent: Construct, name: string) => TerraformResource) =>
    new KeptResources(scope, id, { hosts, release, make });

  const settings = new TerraformLocal(scope, 'Hosts', Object.fromEntries(hosts.map((host) => [host.name, machineSettings(scope, host, props)])));
  const own = (name: string) => `local.${settings.friendlyUniqueId}[each.key].${name}`;
  const machines = resources('Machines', (parent, id) => {
    return new Machine(parent, id, {
      hostname: '${each.key}',
      architecture: `\${${own('architecture')}}`,
      powerType: `\${${own('power_type')}}`,
      powerParameters: `\${jsonencode(${own('power_parameters')})}`,
      pxeMacAddress: `\${${own('pxe_mac_address')}}`,
      pool: props.resourcePool,
    });
  });

  for (const role of [...new Set(hosts.flatMap((host) => host.roles))]) {
    const tagged = hosts.filter((host) => host.is(role)).map((host) => machines.attribute(host, 'id'));
    new Tag(scope, `Tag-${role}`, { name: `strata-${role}`, comment: 'Made by cdktf-strata: a role of the inventory', machines: tagged });
  }

  const vlans = new Map<number, DataMaasVlan>();
  const vlanOn = (tag: number) => {
    if (!vlans.has(tag)) vlans.set(tag, new DataMaasVlan(scope, `Vlan-${tag}`, { fabric, vlan: String(tag) }));
    return vlans.get(tag)!;
  };
  const wired = hosts.flatMap((host) => {
    const machine = machines.attribute(host, 'id');
    return wire(new Construct(scope, `Network-${host.name}`), host, { machine, networks, fabric, vlanOn });
  });

  const divided = storage(scope, hosts, props.storageLayout, (host) => machines.attribute(host, 'id'));

  const ids = new TerraformLocal(scope, 'SystemIds', Object.fromEntries(hosts.map((host) => [host.name, machines.attribute(host, 'id')])));
  const userData = firstBoot(scope, ssh.user, props.sshAuthorizedKeys ?? []);
  const instances = resources('Instances', (parent, id) => {
    return new Instance(parent, id, {
      allocateParams: { systemId: `\${local.${ids.friendlyUniqueId}[each.key]}` },
      deployParams: { distroSeries: `\${${own('distro_series')}}`, userData },
      timeouts: { create: '60m', delete: '60m' },
      dependsOn: [...wired, ...divided],
      // Each of these would release the machine and install it anew.
      lifecycle: { ignoreChanges: ['allocate_params', 'deploy_params', 'network_interfaces'] },
    });
  });
  return { ssh, installed: (host) => [instances.of(host)] };
}

function machineSettings(scope: Construct, host: Host, props: MaasProvisionerProps): { readonly [name: string]: any } {
  const { address, protocol = BmcProtocol.REDFISH, systemId } = host.bmc!;
  const { username, password } = bmcCredentials(scope, host);
  return {
    architecture: host.architecture === CpuArchitecture.AARCH64 ? 'arm64/generic' : 'amd64/generic',
    power_type: protocol,
    power_parameters: {
      power_address: escapeLiterals(address),
      power_user: username,
      power_pass: password,
      ...(protocol === BmcProtocol.IPMI && { power_driver: 'LAN_2_0' }),
      ...(protocol === BmcProtocol.REDFISH && systemId !== undefined && { node_id: systemId.split('/').pop() }),
    },
    pxe_mac_address: host.bootMac,
    distro_series: distroSeries(scope, host, props.distroSeries),
  };
}

function distroSeries(scope: Construct, host: Host, given: string | undefined): string {
  if (given !== undefined) return given;
  const distribution = host.os === undefined ? undefined : HostDistribution.of(host.os);
  if (distribution?.kollaBaseDistro === 'ubuntu') return distribution.kollaBaseDistroVersion;
  return fail(scope, {
    problem: `distroSeries can't be told from the os of ${host.name}, since MAAS names other images than Ubuntu's at will`,
    value: host.os,
    fix: 'give distroSeries, such as "noble" or "custom/rocky10", or the host an os',
  });
}

/** The steps that set boot disks and storage layouts, for hosts where either is asked for: MAAS's provider has no resource for them. */
function storage(
  scope: Construct,
  hosts: readonly Host[],
  layout: MaasStorageLayout | undefined,
  machine: (host: Host) => string,
): ITerraformDependable[] {
  const concerned = hosts.filter((host) => {
    checkStorage(scope, host, layout);
    return layout !== undefined || host.rootDevice !== undefined;
  });
  if (concerned.length === 0) return [];
  const steps = new Construct(scope, 'Storage');
  const program = new TemplateText(steps, 'Program', { parts: [readFileSync(join(__dirname, 'maas-storage.cjs'), 'utf8')] });
  return concerned.map(
    (host) =>
      new StepResource(steps, host.name, {
        // The machine alone: another layout or hint is for hosts to come, never for one that is deployed.
        triggers: { machine: machine(host) },
        provisioners: [
          {
            type: 'local-exec',
            interpreter: ['node', '-e'],
            command: program.value,
            quiet: true, // it is long, and it says itself what it does
            environment: {
              STRATA_MACHINE: machine(host),
              STRATA_NAME: host.name,
              STRATA_LAYOUT: layout === undefined ? '' : JSON.stringify(layout._parameters),
              STRATA_ROOT_DEVICE: host.rootDevice === undefined ? '' : escapeLiterals(JSON.stringify(host.rootDevice)),
            },
          },
        ] as any, // the framework's type doesn't know "quiet"
      }),
  );
}

/** Refuses what MAAS could only refuse once the machine is commissioned. */
function checkStorage(scope: Construct, { name, os, rootDevice, disks }: Host, layout: MaasStorageLayout | undefined): void {
  const unknown = (['vendor', 'hctl'] as const).find((hint) => rootDevice?.[hint] !== undefined);
  const fix = 'find the disk by serialNumber, wwn, model, minSizeGib, rotational, or deviceName as MAAS shows it';
  if (unknown !== undefined) {
    fail(scope, { problem: `rootDevice.${unknown} of ${name}: MAAS doesn't know that of a disk`, value: rootDevice![unknown], fix });
  }
  check(scope, rootDevice?.deviceName, (device) => !device.startsWith('/dev/disk/by-path/'), {
    problem: `rootDevice.deviceName of ${name}: MAAS doesn't know the path by which a disk is attached`,
    fix,
  });
  if (layout?.name !== 'bcache') return;
  const instead = 'use MaasStorageLayout.flat() or .lvm()';
  check(scope, os, (system) => system.startsWith('ubuntu-'), {
    problem: `storageLayout bcache of ${name}: MAAS makes bcache for Ubuntu only`,
    fix: instead,
  });
  const block = disks.filter(({ role }) => role === DiskRole.BLOCK_STORAGE).map(({ device }) => device);
  check(scope, block, (devices) => devices.length === 0, {
    problem: `storageLayout bcache of ${name}: MAAS takes the smallest other SSD for the cache, which may be a disk for block storage`,
    fix: `${instead}, or leave a disk that is for the cache out of the inventory`,
  });
}

interface Wiring {
  /** The machine's id, as a reference. */
  readonly machine: string;
  readonly networks: readonly HostNetwork[];
  readonly fabric: string;
  readonly vlanOn: (tag: number) => DataMaasVlan;
}

/** A host's interfaces as MAAS will configure them when it deploys: ports, then bonds of them, then VLANs, then addresses. */
function wire(scope: Construct, host: Host, { machine, networks, fabric, vlanOn }: Wiring): ITerraformDependable[] {
  const made = new Map<string, NetworkInterfacePhysical | NetworkInterfaceBond | NetworkInterfaceVlan>();
  const rank = (nic: HostNic) => (isVlan(host, nic) ? 2 : nic.bondOf === undefined ? 0 : 1);
  for (const nic of [...host.nics].sort((a, b) => rank(a) - rank(b))) {
    const common = { machine, mtu: nicMtu(nic, networks) };
    const { vlan, parent } = vlanOf(nic);
    const tag = networks.find((network) => nic.networks.includes(network.role) && network.vlan !== undefined)?.vlan;
    if (isVlan(host, nic)) {
      const dependsOn = made.has(parent!) ? [made.get(parent!)!] : [];
      made.set(nic.name, new NetworkInterfaceVlan(scope, nic.name, { ...common, parent: parent!, fabric, vlan: vlanId(vlanOn(vlan!)), dependsOn }));
    } else if (nic.bondOf !== undefined) {
      const dependsOn = nic.bondOf.flatMap((member) => (made.has(member) ? [made.get(member)!] : []));
      made.set(nic.name, new NetworkInterfaceBond(scope, nic.name, { ...common, name: nic.name, parents: nic.bondOf, bondMode: nic.bondMode ?? BondMode.LACP, bondMiimon: 100, macAddress: nic.mac, dependsOn })); // prettier-ignore
    } else if (nic.mac !== undefined) {
      const untagged = tag === undefined ? {} : { vlan: vlanId(vlanOn(tag)) };
      made.set(nic.name, new NetworkInterfacePhysical(scope, nic.name, { ...common, ...untagged, name: nic.name, macAddress: nic.mac }));
    }
  }
  const links = host.nics.flatMap((nic) => {
    const cidr = networks.find((network) => nic.networks.includes(network.role) && network.cidr !== undefined)?.cidr;
    const link = made.get(nic.name);
    if (link === undefined || cidr === undefined || nic.address === undefined) return [];
    const defaultGateway = host.gateway !== undefined && Cidr.of(cidr).contains(host.gateway) ? true : undefined;
    return [new NetworkInterfaceLink(scope, `${nic.name}-address`, { machine, networkInterface: link.id, subnet: cidr, mode: 'STATIC', ipAddress: nic.address, defaultGateway })]; // prettier-ignore
  });
  return [...made.values(), ...links];
}

function isVlan(host: Host, nic: HostNic): boolean {
  const { vlan, parent } = vlanOf(nic);
  return nic.bondOf === undefined && vlan !== undefined && host.nics.some(({ name }) => name === parent);
}

/** The database's id of a VLAN, a number. */
function vlanId(vlan: DataMaasVlan): number {
  return Token.asNumber(vlan.id);
}
