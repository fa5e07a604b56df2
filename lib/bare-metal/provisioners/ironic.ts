import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ITerraformDependable, TerraformLocal, TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { BmcProtocol, BootMode, Host, HostNetwork, HostRaid } from '../../contracts/host';
import { escapeLiterals } from '../../core/escape-literals';
import { StepResource } from '../../core/step-resource';
import { TemplateText } from '../../core/template-text';
import { checkInteger, fail } from '../../core/validation';
import { Allocation } from '../../providers/ironic/allocation';
import { Deployment } from '../../providers/ironic/deployment';
import { Node } from '../../providers/ironic/node';
import { Port } from '../../providers/ironic/port';
import { bmcCredentials, checkInstallable, checkRelease, firstBoot, requireProvider } from '../installation';
import { checkImage, instanceInfo, rootDevice } from '../ironic-terms';
import { KeptResources } from '../kept-resources';
import { networkData } from '../network-data';
import { ProvisionedHosts } from '../provisioned-hosts';
import { IronicProvisionerProps } from '../provisioner-options';
import { sshAccess } from '../ssh-access';

/** Ironic: nodes are enrolled, brought to where they can be deployed, allocated and deployed; or adopted. */
export function provisionByIronic(
  scope: Construct,
  hosts: readonly Host[],
  networks: readonly HostNetwork[],
  props: IronicProvisionerProps,
): ProvisionedHosts {
  const ssh = sshAccess(scope, props);
  const { release = [], image, inspect = true, automatedClean = true, stepTimeoutMinutes = 120, sshAuthorizedKeys = [] } = props;
  checkRelease(scope, release);
  checkInstallable(scope, hosts, 'Ironic');
  checkInteger(scope, 'stepTimeoutMinutes', stepTimeoutMinutes, { min: 1, max: 1440 });
  if (image !== undefined) {
    checkImage(scope, image);
    if (sshAuthorizedKeys.length === 0) {
      fail(scope, {
        problem: 'sshAuthorizedKeys is empty: nobody could log in to a host that is deployed',
        fix: 'give the public key of sshPrivateKeyPath',
      });
    }
  }
  requireProvider(scope, 'ironic', "new IronicProvider(stack, 'Ironic', { url: 'https://ironic.example.com:6385', microversion: '1.82' })");
  const resources = (id: string, make: (parent: Construct, name: string) => TerraformResource) =>
    new KeptResources(scope, id, { hosts, release, make });

  const settings = new TerraformLocal(scope, 'Hosts', Object.fromEntries(hosts.map((host) => [host.name, nodeSettings(scope, host)])));
  const own = (name: string) => `\${local.${settings.friendlyUniqueId}[each.key].${name}}`;
  const nodes = resources('Nodes', (parent, id) => {
    const node = new Node(parent, id, {
      name: '${each.key}',
      driver: own('driver'),
      resourceClass: own('resource_class'),
      automatedClean,
      // Left out, the provider takes all but `clean` as wanted: it would inspect and clean a host that runs and is to be adopted.
      manage: false,
      inspect: false,
      clean: false,
      available: false,
      // What Ironic and the steps below make of it is theirs: inspection completes the properties, and Ironic gives no password back.
      lifecycle: { ignoreChanges: ['available', 'manage', 'inspect', 'clean', 'instance_info', 'instance_uuid', 'properties', 'driver_info'] },
    });
    node.addOverride('driver_info', own('driver_info'));
    node.addOverride('properties', own('properties'));
    if (hosts.some(({ raid }) => raid.length > 0)) node.addOverride('raid_interface', own('raid_interface'));
    return node;
  });

  const prepare = new Construct(scope, 'Prepare');
  const script = new TemplateText(prepare, 'Script', { parts: [readFileSync(join(__dirname, 'ironic-node.sh'), 'utf8')] });
  const prepared = hosts.map((host): ITerraformDependable => {
    const node = nodes.attribute(host, 'id');
    const ports = host.nics
      .filter((nic) => nic.mac !== undefined && nic.bondOf === undefined && !nic.name.includes('.'))
      .map((nic) => new Port(prepare, `${host.name}-${nic.name}`, { nodeUuid: node, address: nic.mac, pxeEnabled: nic.mac === host.bootMac }));
    const boots = ports.length > 0 && host.nics.some((nic) => nic.mac === host.bootMac);
    const boot = boots ? [] : [new Port(prepare, `${host.name}-boot`, { nodeUuid: node, address: host.bootMac, pxeEnabled: true })];
    const raid = host.raid.length === 0 ? '' : JSON.stringify(targetRaidConfig(host.raid));
    return new StepResource(prepare, host.name, {
      triggers: { node },
      dependsOn: [...ports, ...boot],
      provisioners: [
        {
          type: 'local-exec',
          interpreter: ['bash', '-c'],
          command: script.value,
          environment: {
            NODE: node,
            NAME: host.name,
            MODE: image === undefined ? 'adopt' : 'deploy',
            INSPECT: inspect ? '1' : '0',
            RAID: raid,
            INSTANCE_INFO: Object.entries(image === undefined ? ADOPTED : instanceInfo(image)).map(([name, value]) => `${name}=${value}`).join('\n'), // prettier-ignore
            TIMEOUT: String(stepTimeoutMinutes * 60),
          },
        },
      ],
    });
  });
  if (image === undefined) return { ssh, installed: (host) => [prepared[hosts.indexOf(host)]] };

  const ids = new TerraformLocal(scope, 'NodeIds', Object.fromEntries(hosts.map((host) => [host.name, nodes.attribute(host, 'id')])));
  const allocations = resources('Allocations', (parent, id) => {
    return new Allocation(parent, id, {
      name: '${each.key}',
      resourceClass: own('resource_class'),
      // by id, since Ironic gives ids back, and the provider minds
      candidateNodes: [`\${local.${ids.friendlyUniqueId}[each.key]}`],
      dependsOn: prepared,
      lifecycle: { ignoreChanges: 'all' },
    });
  });
  const allocated = Object.fromEntries(hosts.map((host) => [host.name, allocations.attribute(host, 'node_uuid')]));
  const uuids = new TerraformLocal(scope, 'Allocated', allocated);
  const data = new TerraformLocal(scope, 'NetworkData', Object.fromEntries(hosts.map((host) => [host.name, networkData(host, networks)])));
  const deployments = resources('Deployments', (parent, id) => {
    const deployment = new Deployment(parent, id, {
      name: '${each.key}',
      nodeUuid: `\${local.${uuids.friendlyUniqueId}[each.key]}`,
      instanceInfo: instanceInfo(image),
      metadata: { name: '${each.key}' },
      userData: { value: firstBoot(scope, ssh.user, sshAuthorizedKeys) },
      // Whatever changes here is another deployment to the provider, which wipes the disk.
      lifecycle: { ignoreChanges: 'all' },
    });
    deployment.addOverride('network_data', `\${local.${data.friendlyUniqueId}[each.key]}`);
    return deployment;
  });
  return { ssh, installed: (host) => [deployments.of(host)] };
}

/** What stands for the image of a system that Ironic didn't write. It is never fetched. */
const ADOPTED = { image_source: 'file:///adopted', capabilities: '{"boot_option": "local"}' };

function nodeSettings(scope: Construct, host: Host): { readonly [name: string]: any } {
  const { address, protocol = BmcProtocol.REDFISH, systemId, verifyCertificate = true } = host.bmc!;
  const { username, password } = bmcCredentials(scope, host);
  const redfish = {
    redfish_address: /^https?:\/\//.test(address) ? escapeLiterals(address) : `https://${escapeLiterals(address)}`,
    redfish_username: username,
    redfish_password: password,
    redfish_verify_ca: verifyCertificate,
    ...(systemId !== undefined && { redfish_system_id: systemId }),
  };
  const ipmi = { ipmi_address: escapeLiterals(address), ipmi_username: username, ipmi_password: password };
  return {
    driver: protocol,
    driver_info: protocol === BmcProtocol.IPMI ? ipmi : redfish,
    resource_class: host.resourceClass,
    raid_interface: raidInterface(host, protocol),
    properties: {
      cpus: host.cpuThreads,
      memory_mb: host.memoryMib,
      local_gb: host.disks[0].sizeGib,
      cpu_arch: host.architecture,
      root_device: host.raid.some(({ rootVolume }) => rootVolume) ? {} : escaped(rootDevice(scope, host)),
      ...(host.bootMode !== undefined && { capabilities: bootCapabilities(host.bootMode) }),
    },
  };
}

function escaped<T>(values: { readonly [name: string]: T }): { readonly [name: string]: T | string } {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, typeof value === 'string' ? escapeLiterals(value) : value]));
}

/** Who makes the RAID: Ironic's default interface may be one that makes none. */
function raidInterface(host: Host, protocol: BmcProtocol): string {
  if (host.raid.length === 0) return 'no-raid';
  return host.raid.some(({ software }) => software) || protocol === BmcProtocol.IPMI ? 'agent' : 'redfish';
}

function bootCapabilities(mode: BootMode): string {
  return mode === BootMode.BIOS ? 'boot_mode:bios' : `boot_mode:uefi${mode === BootMode.UEFI_SECURE_BOOT ? ',secure_boot:true' : ''}`;
}

/** Ironic's `target_raid_config`. */
function targetRaidConfig(raid: readonly HostRaid[]): object {
  return {
    logical_disks: raid.map((volume) => ({
      volume_name: volume.name,
      raid_level: volume.level,
      size_gb: volume.sizeGib ?? 'MAX',
      ...(volume.numberOfDisks !== undefined && { number_of_physical_disks: volume.numberOfDisks }),
      ...(volume.software && { controller: 'software' }),
      ...(volume.rootVolume && { is_root_volume: true }),
    })),
  };
}
