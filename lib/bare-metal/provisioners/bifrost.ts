import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileProvisioner, Fn, ITerraformDependable, RemoteExecProvisioner, SSHProvisionerConnection, TerraformLocal } from 'cdktf';
import { Construct } from 'constructs';
import { bifrostFiles, BifrostModel, bootInterface } from './bifrost-files';
import { SshAccess } from '../../contracts/bare-metal-pool';
import { Host, HostNetwork, HostRole, NetworkRole } from '../../contracts/host';
import { Cidr } from '../../core/cidr';
import { checkAddress } from '../../core/cidr-checks';
import { IpFamily } from '../../core/ip-family';
import { STAGE_PROGRAMS, stageProgram } from '../../core/stage-programs';
import { StepResource } from '../../core/step-resource';
import { TemplateText } from '../../core/template-text';
import { checkInteger, fail, isKnown } from '../../core/validation';
import { bmcCredentials, bmcVariables, checkInstallable, firstBoot } from '../installation';
import { checkImage } from '../ironic-terms';
import { ProvisionedHosts } from '../provisioned-hosts';
import { BifrostProvisionerProps } from '../provisioner-options';
import { sshAccess } from '../ssh-access';

/** Where the stages' programs, logs and results are, and Kolla's configuration for Bifrost: apart from the cloud's own on the same host. */
const HOME = '/var/lib/strata-bifrost';
/** In the home of the SSH user, readable for nobody else: what is on its way to its place. */
const INCOMING = '.strata-bifrost';
const OWN_PROGRAMS = ['bifrost-stage.sh', 'bifrost-servers.py'];
const PROGRAMS = [...STAGE_PROGRAMS, ...OWN_PROGRAMS];

/** Bifrost, by Kolla-Ansible's own plays on the deployment host: it is made there, and installs the other hosts. */
export function provisionByBifrost(
  scope: Construct,
  all: readonly Host[],
  networks: readonly HostNetwork[],
  props: BifrostProvisionerProps,
): ProvisionedHosts {
  const ssh = sshAccess(scope, props);
  checkInteger(scope, 'stageTimeoutMinutes', props.stageTimeoutMinutes, { min: 1, max: 1440 });
  firstBoot(scope, ssh.user, [props.sshPublicKey]); // for its check of the key
  const seed = seedOf(scope, all);
  const hosts = all.filter((host) => host !== seed);
  checkInstallable(scope, hosts, 'Bifrost');
  for (const host of hosts) checkHost(scope, host, props);
  if (props.image !== undefined) checkImage(scope, props.image);
  const dhcp = props.dhcpRange ?? upperHalf(scope, provisioningNetwork(scope, seed, networks));
  checkDhcp(scope, dhcp, hosts, provisioningNetwork(scope, seed, networks));
  const model: BifrostModel = { where: scope, seed, hosts, networks, props, dhcp };
  const deployed = new Steps(scope, model, ssh).make();
  return { ssh, installed: (host) => (host === seed ? [] : [deployed]) };
}

function seedOf(scope: Construct, hosts: readonly Host[]): Host {
  const seeds = hosts.filter((host) => host.is(HostRole.DEPLOYMENT));
  const [seed] = seeds;
  if (seeds.length !== 1) {
    return fail(scope, {
      problem: 'Bifrost runs on the one host with the role deployment',
      value: seeds.map(({ name }) => name),
      fix: 'give the role to one host, which has its operating system already',
    });
  }
  if (seed.is(HostRole.CONTROL)) {
    fail(scope, {
      problem: `${seed.name} is to run Bifrost and the control plane: each brings a database and an Ironic of its own`,
      fix: 'let a host of its own have the role deployment',
    });
  }
  return seed;
}

function provisioningNetwork(scope: Construct, seed: Host, networks: readonly HostNetwork[]): Cidr {
  const cidr = networks.find(({ role }) => role === NetworkRole.PROVISIONING)?.cidr;
  if (cidr === undefined || bootInterface(seed) === undefined) {
    return fail(scope, {
      problem: `Bifrost needs a network with the role provisioning, with a cidr and an interface of ${seed.name}: hosts boot from there`,
      fix: 'add it to networks and to the networks of that interface, with an address',
    });
  }
  const network = Cidr.of(cidr);
  if (network.family === IpFamily.V6) {
    fail(scope, { problem: 'Bifrost boots hosts by IPv4 alone', value: cidr, fix: 'give the network an IPv4 range' });
  }
  return network;
}

function upperHalf(scope: Construct, network: Cidr): { readonly start: string; readonly end: string } {
  const { addressCount } = network;
  if (addressCount < 16) fail(scope, { problem: 'the network provisioning is too small to boot hosts in', value: network.toString(), fix: 'make it /28 or larger' }); // prettier-ignore
  return { start: network.addressAt(addressCount / 2), end: network.addressAt(addressCount - 2) };
}

function checkDhcp(scope: Construct, { start, end }: { readonly start: string; readonly end: string }, hosts: readonly Host[], network: Cidr): void {
  for (const [name, address] of Object.entries({ start, end })) {
    checkAddress(scope, `dhcpRange.${name}`, address);
    if (isKnown(address) && !network.contains(address)) {
      fail(scope, { problem: `dhcpRange.${name} is outside the network provisioning, ${network}`, value: address, fix: 'give an address of it' });
    }
  }
  const number = (address: string) => address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
  if (number(start) > number(end)) fail(scope, { problem: 'dhcpRange ends before it begins', value: `${start}-${end}`, fix: 'exchange them' });
  for (const { name, nics } of hosts) {
    const nic = nics.find(({ address }) => address !== undefined && isKnown(address) && !address.includes(':') && number(address) >= number(start) && number(address) <= number(end)); // prettier-ignore
    if (nic === undefined) continue;
    fail(scope, {
      problem: `the address of ${name} is among those that hosts boot with, ${start} to ${end}`,
      value: nic.address,
      fix: 'give it another one, or give a dhcpRange without it',
    });
  }
}

function checkHost(scope: Construct, host: Host, { image }: BifrostProvisionerProps): void {
  if (host.raid.length > 0) {
    const value = host.raid.map(({ name }) => name);
    fail(scope, { problem: `raid of ${host.name}: Bifrost makes no RAID`, value, fix: 'make it in the controller, and remove raid' });
  }
  if (isKnown(host.managementAddress) && !/^\d+(\.\d+){3}$/.test(host.managementAddress)) {
    fail(scope, {
      problem: `managementAddress of ${host.name} must be an IPv4 address, since Bifrost gives it to the host`,
      value: host.managementAddress,
      fix: 'write the address in the place of the name',
    });
  }
  if (image === undefined && !/^(ubuntu|debian)-/.test(host.os ?? '')) {
    fail(scope, {
      problem: `Bifrost builds images of Ubuntu and Debian, and the os of ${host.name} is none of them`,
      value: host.os,
      fix: 'give the host such an os, or give an image',
    });
  }
}

class Steps {
  private readonly sudo: string;

  constructor(
    private readonly scope: Construct,
    private readonly model: BifrostModel,
    private readonly ssh: SshAccess,
  ) {
    this.sudo = ssh.user === 'root' ? '' : 'sudo -n ';
  }

  public make(): StepResource {
    const { release } = this.model.props;
    const files = bifrostFiles(this.model);
    const pick = (...paths: string[]) => paths.map((path) => files[path]);
    const version = release.kollaAnsibleVersion;
    const stages: [string, string, unknown, string[]][] = [
      ['Environment', 'environment', [], [version, release.ansibleCoreRange, release.pythonRange]],
      ['Passwords', 'passwords', version, []],
      ['BootstrapServers', 'bootstrap-servers', [version, ...pick('inventory.yml')], []],
      ['DeployBifrost', 'deploy-bifrost', [version, ...pick('globals.yml', 'config/bifrost/bifrost.yml', 'config/bifrost/dib.yml')], [version]],
      ['DeployServers', 'deploy-servers', pick('servers.json'), []],
    ];
    let previous = this.placeFiles(files);
    for (const [id, name, inputs, args] of stages) previous = this.stage(id, name, [inputs, args], args, previous);
    return previous;
  }

  private placeFiles(files: { readonly [path: string]: string }): StepResource {
    const bundle = new TemplateText(this.scope, 'FilesJson', { parts: [JSON.stringify(files)] });
    const programs = PROGRAMS.map((name) => ({ name, text: new TemplateText(this.scope, `Program-${name}`, { parts: [program(name)] }) }));
    const connection = this.connection(`${INCOMING}/run.sh`);
    const file = (destination: string, content: string): FileProvisioner => ({ type: 'file', destination: `${INCOMING}/${destination}`, content, connection }); // prettier-ignore
    const provisioners: (FileProvisioner | RemoteExecProvisioner)[] = [
      // Terraform's own script can't lie in the folder that it makes.
      { type: 'remote-exec', inline: [`rm -rf ${INCOMING} && mkdir -m 700 ${INCOMING}`], connection: this.connection(`./${INCOMING}.sh`) },
      ...programs.map(({ name, text }) => file(name, text.value)),
      file('files.json', bundle.value),
      file('bmc.json', this.bmcPasswords()),
      {
        type: 'remote-exec',
        connection,
        inline: [
          'set -e',
          `trap 'rm -rf ${INCOMING}/bmc.json ${INCOMING}.sh' EXIT`,
          `${this.sudo}install -d -m 700 ${HOME} ${HOME}/bin ${HOME}/config`,
          `${this.sudo}install -m 700 ${PROGRAMS.map((name) => `${INCOMING}/${name}`).join(' ')} ${HOME}/bin/`,
          `${this.sudo}install -m 600 ${INCOMING}/bmc.json ${HOME}/`,
          this.command('files', bundle.sha256, ['"$PWD"/' + INCOMING]),
        ],
      },
    ];
    const triggers = { files: bundle.sha256, programs: Fn.sha256(Fn.join(' ', programs.map(({ text }) => text.sha256))) }; // prettier-ignore
    return new StepResource(this.scope, 'Files', { triggers, provisioners });
  }

  /** Users and passwords of the BMCs by the names of their variables: in a file on that host, for root alone, and nowhere else. */
  private bmcPasswords(): string {
    const values = new Map<string, string>();
    for (const host of this.model.hosts) {
      const [names, references] = [bmcVariables(host), bmcCredentials(this.scope, host)];
      values.set(names.username, references.username).set(names.password, references.password);
    }
    const local = new TerraformLocal(this.scope, 'BmcCredentials', Object.fromEntries([...values].sort(([a], [b]) => (a < b ? -1 : 1))));
    return `\${jsonencode(local.${local.friendlyUniqueId})}`;
  }

  private stage(id: string, name: string, inputs: unknown, args: readonly string[], previous: ITerraformDependable): StepResource {
    const text = new TemplateText(this.scope, `Inputs-${id}`, { parts: [JSON.stringify(inputs)] });
    return new StepResource(this.scope, id, {
      triggers: { inputs: text.sha256 },
      dependsOn: [previous],
      provisioners: [
        {
          type: 'remote-exec',
          connection: this.connection(`${INCOMING}/run.sh`),
          inline: [
            this.command(
              name,
              text.sha256,
              args.map((word) => `'${word}'`),
            ),
          ],
        },
      ],
    });
  }

  private command(stage: string, inputs: string, quotedArguments: readonly string[]): string {
    const patience = (this.model.props.stageTimeoutMinutes ?? 240) * 60;
    return `${this.sudo}${[`${HOME}/bin/run-stage.sh`, stage, inputs, patience, `${HOME}/bin/bifrost-stage.sh`, stage, ...quotedArguments].join(' ')}`;
  }

  private connection(scriptPath: string): SSHProvisionerConnection {
    const { seed } = this.model;
    return {
      type: 'ssh',
      host: seed.managementAddress,
      port: this.ssh.port,
      user: this.ssh.user,
      privateKey: Fn.file(Fn.pathexpand(this.ssh.privateKeyPath)),
      hostKey: seed.sshHostKey,
      timeout: '5m',
      scriptPath,
    };
  }
}

function program(name: string): string {
  return OWN_PROGRAMS.includes(name) ? readFileSync(join(__dirname, name), 'utf8') : stageProgram(name);
}
