import { Construct } from 'constructs';
import { ProvisionedHosts } from './provisioned-hosts';
import { BifrostProvisionerProps, IronicProvisionerProps, MaasProvisionerProps, ProvisionerSshProps } from './provisioner-options';
import { provisionByBifrost } from './provisioners/bifrost';
import { provisionByIronic } from './provisioners/ironic';
import { provisionByMaas } from './provisioners/maas';
import { sshAccess } from './ssh-access';
import { Host, HostNetwork } from '../contracts/host';
import { checkOneOf, fail } from '../core/validation';

/** Properties of hosts that have their operating system already. */
export interface PreprovisionedProps extends ProvisionerSshProps {}

/** Hosts of a pool that come to their operating system in another way than the others. */
export interface ProvisionerGroup {
  /** How they come to it. */
  readonly provisioner: Provisioner;
  /**
   * Their names.
   * @default - those that have the tags
   */
  readonly hosts?: string[];
  /**
   * Tags of the inventory that they all have.
   * @default - any
   */
  readonly tags?: { readonly [name: string]: string };
}

/** Properties of a pool whose hosts come to their operating system in several ways. */
export interface MixedProvisionerProps {
  /** For the hosts that are in no group. */
  readonly others: Provisioner;
  /** Groups, by a name of your choice that stays: it is part of what is created. A host may be in one. */
  readonly groups: { readonly [name: string]: ProvisionerGroup };
}

/** How the hosts of a pool come to their operating system. */
export abstract class Provisioner {
  /** They have it: somebody or something installed them, and they answer by SSH. */
  public static preprovisioned(props: PreprovisionedProps): Provisioner {
    return new FunctionProvisioner((scope) => ({ ssh: sshAccess(scope, props), installed: () => [] }));
  }

  /**
   * MAAS installs them: machines are enlisted and commissioned, tagged with their roles, their ports, bonds, VLANs and addresses set, then deployed. The
   * stack needs a `MaasProvider`. Deployed machines are never released unless they are named in `release`.
   */
  public static maas(props: MaasProvisionerProps): Provisioner {
    return new FunctionProvisioner((scope, hosts, networks) => provisionByMaas(scope, hosts, networks, props));
  }

  /**
   * Ironic installs them: nodes are enrolled, inspected, cleaned, allocated by resource class and deployed; or adopted as they are. The stack needs an
   * `IronicProvider`. Deployed nodes are never undeployed unless they are named in `release`.
   */
  public static ironic(props: IronicProvisionerProps): Provisioner {
    return new FunctionProvisioner((scope, hosts, networks) => provisionByIronic(scope, hosts, networks, props));
  }

  /**
   * Bifrost installs them: a standalone Ironic that Kolla-Ansible runs in a container on the host with the role "deployment", which has its operating
   * system already and none of the cloud's services. Needs a network with the role "provisioning" on that host, where the others boot. A host that is
   * deployed is never installed again, and none is ever undeployed.
   */
  public static bifrost(props: BifrostProvisionerProps): Provisioner {
    return new FunctionProvisioner((scope, hosts, networks) => provisionByBifrost(scope, hosts, networks, props));
  }

  /** Several ways in one pool. All must give the same user, key and port: Ansible and the checks log in everywhere alike. */
  public static mixed(props: MixedProvisionerProps): Provisioner {
    return new FunctionProvisioner((scope, hosts, networks) => provisionMixed(scope, hosts, networks, props));
  }

  /** @internal */
  public abstract _bind(scope: Construct, hosts: readonly Host[], networks: readonly HostNetwork[]): ProvisionedHosts;
}

type Bind = Provisioner['_bind'];

class FunctionProvisioner extends Provisioner {
  constructor(private readonly bind: Bind) {
    super();
  }

  /** @internal */
  public _bind(scope: Construct, hosts: readonly Host[], networks: readonly HostNetwork[]): ProvisionedHosts {
    return this.bind(scope, hosts, networks);
  }
}

function provisionMixed(scope: Construct, hosts: readonly Host[], networks: readonly HostNetwork[], props: MixedProvisionerProps): ProvisionedHosts {
  const names = hosts.map(({ name }) => name);
  const groupOf = new Map<Host, string>();
  for (const [group, { hosts: named, tags }] of Object.entries(props.groups)) {
    for (const name of named ?? []) checkOneOf(scope, `groups.${group}.hosts`, name, names);
    if (named === undefined && Object.keys(tags ?? {}).length === 0) {
      fail(scope, { problem: `groups.${group} has neither hosts nor tags`, fix: 'say which hosts are in it' });
    }
    const isIn = (host: Host) =>
      (named === undefined || named.includes(host.name)) &&
      Object.entries(tags ?? {}).every(([tag, value]) => Object.hasOwn(host.tags, tag) && host.tags[tag] === value);
    for (const host of hosts.filter(isIn)) {
      const other = groupOf.get(host);
      if (other !== undefined) fail(scope, { problem: `a host is in the groups ${other} and ${group}`, value: host.name, fix: 'let it be in one' });
      groupOf.set(host, group);
    }
  }
  const parts = [...Object.entries(props.groups), ['others', { provisioner: props.others }] as const].flatMap(([group, { provisioner }]) => {
    const own = hosts.filter((host) => (groupOf.get(host) ?? 'others') === group);
    return [{ group, own, provisioned: provisioner._bind(new Construct(scope, group), own, networks) }];
  });
  const [first] = parts;
  for (const { group, provisioned } of parts) {
    if (JSON.stringify(provisioned.ssh) === JSON.stringify(first.provisioned.ssh)) continue;
    fail(scope, {
      problem: `the groups ${first.group} and ${group} are reached in different ways by SSH`,
      value: `${first.provisioned.ssh.user}:${first.provisioned.ssh.port} and ${provisioned.ssh.user}:${provisioned.ssh.port}`,
      fix: 'give all provisioners of a pool the same sshUser, sshPrivateKeyPath and sshPort',
    });
  }
  return { ssh: first.provisioned.ssh, installed: (host) => parts.find(({ own }) => own.includes(host))!.provisioned.installed(host) };
}
