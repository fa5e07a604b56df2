import { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { poolCapacity } from './capacity';
import { hostExpectations } from './host-expectations';
import { HostInventory } from './host-inventory';
import { hostStep, HostStepProps, scriptText } from './host-step';
import { kvmSettings } from './kvm-settings';
import { Provisioner } from './provisioner';
import { IBareMetalPool, PoolCapacity, SshAccess } from '../contracts/bare-metal-pool';
import { Host, HostNetwork, HostRole, NetworkRole } from '../contracts/host';
import { KvmProfile } from '../contracts/kvm-profile';
import { StepResource } from '../core/step-resource';
import { TemplateText } from '../core/template-text';
import { checkInteger } from '../core/validation';

/** Properties of a pool of bare-metal hosts. */
export interface BareMetalPoolProps {
  /** The hosts and their networks. */
  readonly inventory: HostInventory;
  /** How the hosts come to their operating system. */
  readonly provisioner: Provisioner;
  /**
   * The KVM layer of the compute hosts.
   * @default KvmProfile.default()
   */
  readonly kvm?: KvmProfile;
  /**
   * Whether hosts whose clock isn't synchronised are refused. Galera, Keystone's tokens, Ceph and etcd all need it.
   * @default true
   */
  readonly requireTimeSynchronization?: boolean;
  /**
   * Seconds in which a host must answer by SSH, 1 to 3600.
   * @default 300
   */
  readonly connectTimeoutSeconds?: number;
}

/**
 * Layer 1: physical hosts, verified against their inventory and prepared for virtual machines.
 *
 * Creates, for each host, a step (`terraform_data`) that logs in by SSH and compares what it finds with what the inventory says: sudo, operating
 * system, CPU threads, memory, disks, interfaces with MAC address, MTU, VLAN, bond and address, a synchronised clock, and on compute hosts the CPU's
 * virtualisation (VT-x or AMD-V) with `/dev/kvm`. Everything that is wrong with a host is told in one run, a line each, and fails the apply. For each
 * compute host a second step prepares the KVM layer as the profile says. Both run again only when the script, the host's part of the inventory or the
 * profile changed. Nothing is undone on destroy.
 *
 * The machine that runs Terraform needs a route to each host's `managementAddress`; the hosts need bash, sudo, scp and iproute2.
 */
export class BareMetalPool extends Construct implements IBareMetalPool {
  public readonly hosts: Host[];
  public readonly networks: HostNetwork[];
  public readonly kvm: KvmProfile;
  public readonly ssh: SshAccess;
  public readonly capacity: PoolCapacity;
  public readonly ready: ITerraformDependable[];

  constructor(scope: Construct, id: string, props: BareMetalPoolProps) {
    super(scope, id);
    const { inventory, connectTimeoutSeconds = 300, requireTimeSynchronization = true } = props;
    checkInteger(this, 'connectTimeoutSeconds', connectTimeoutSeconds, { min: 1, max: 3600 });
    this.hosts = inventory.hosts;
    this.networks = inventory.networks;
    this.kvm = props.kvm ?? KvmProfile.default();
    this.capacity = poolCapacity(this, this.hosts, this.kvm);
    const { ssh, installed } = props.provisioner._bind(this, this.hosts, this.networks);
    this.ssh = ssh;

    const verify = new Construct(this, 'Verify');
    const inputs = new Construct(verify, 'Input');
    const verifyScript = scriptText(verify, 'Script', 'verify-host.sh');
    const verified = new Map<Host, StepResource>();
    for (const host of this.hosts) {
      const expectations = hostExpectations(host, this.networks, { timeSynchronization: requireTimeSynchronization });
      const input = new TemplateText(inputs, host.name, { parts: [expectations] });
      const step: HostStepProps = { host, ssh, connectTimeoutSeconds, name: 'verify-host', script: verifyScript, input, dependsOn: installed(host) };
      verified.set(host, hostStep(verify, host.name, step));
    }
    this.ready = [...verified.values()];

    const compute = this.hostsWithRole(HostRole.COMPUTE);
    if (compute.length === 0) return;
    const prepare = new Construct(this, 'PrepareKvm');
    const script = scriptText(prepare, 'Script', 'prepare-kvm.sh');
    const input = new TemplateText(prepare, 'Settings', { parts: [kvmSettings(this.kvm)] });
    for (const host of compute) {
      const dependsOn = [verified.get(host)!];
      this.ready.push(hostStep(prepare, host.name, { host, ssh, connectTimeoutSeconds, name: 'prepare-kvm', script, input, dependsOn }));
    }
  }

  public hostsWithRole(role: HostRole): Host[] {
    return this.hosts.filter((host) => host.is(role));
  }

  public network(role: NetworkRole): HostNetwork | undefined {
    return this.networks.find((network) => network.role === role);
  }
}
