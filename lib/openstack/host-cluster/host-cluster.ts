import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { FileProvisioner, Fn, SSHProvisionerConnection, TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import { API_PORT, kubeadmFiles, nodeAddress } from './kubeadm-files';
import { IBareMetalPool } from '../../contracts/bare-metal-pool';
import { Cni } from '../../contracts/cni';
import { Host, HostRole, NetworkRole } from '../../contracts/host';
import { ApiAddress, ClusterAccess, IKubernetesCluster } from '../../contracts/kubernetes-cluster';
import { Cidr } from '../../core/cidr';
import { assertDisjoint, parseCidr } from '../../core/cidr-checks';
import { HostDistribution } from '../../core/host-distribution';
import { IpFamily } from '../../core/ip-family';
import { KubernetesVersion } from '../../core/kubernetes-version';
import { Mtu } from '../../core/mtu';
import { checkClusterName, checkDnsSubdomain } from '../../core/naming';
import { assertQuorum } from '../../core/quorum';
import { STAGE_PROGRAMS, stageProgram } from '../../core/stage-programs';
import { StepResource } from '../../core/step-resource';
import { TemplateText } from '../../core/template-text';
import { check, checkInteger, checkKnown, fail, isKnown } from '../../core/validation';
import { assertNewCluster } from '../../core/version-matrix';
import { checkCredentialsDirectory } from '../cloud-checks';
import { contentOf } from '../hand-over';

/** Properties of HostCluster. */
export interface HostClusterProps {
  /** The hosts. All with the role control, network or compute become nodes, those with the role control its control plane. */
  readonly pool: IBareMetalPool;
  /** Name of the cluster. */
  readonly clusterName: string;
  /** Kubernetes version. */
  readonly version: KubernetesVersion;
  /**
   * Name or address of the API, which must lead to every control host: a load balancer's, or a virtual address of yours. It can't be changed later.
   * @default - the address of the control host, if there is one alone
   */
  readonly endpoint?: string;
  /** Pod network, to be installed by `PodNetwork`. */
  readonly cni: Cni;
  /**
   * Addresses of pods.
   * @default "10.244.0.0/16"
   */
  readonly podCidr?: string;
  /**
   * Addresses of services.
   * @default "10.96.0.0/16"
   */
  readonly serviceCidr?: string;
  /**
   * Folder on the machine that runs Terraform for the administrator's `kubeconfig`: absolute, or below `~/`, readable for its owner alone.
   * @default - "~/.config/strata/" and the name of the stack
   */
  readonly credentialsDirectory?: string;
  /**
   * Repository of Kubernetes' packages.
   * @default - pkgs.k8s.io of the minor version
   */
  readonly kubernetesPackages?: string;
  /**
   * Repository of containerd's packages, to which the distribution is appended.
   * @default "https://download.docker.com/linux"
   */
  readonly containerdPackages?: string;
  /**
   * How long making the cluster may take, in minutes, 5 to 720. A run that is cut off on Terraform's side goes on, and the next apply attaches to it.
   * @default 120
   */
  readonly timeoutMinutes?: number;
}

/** Where the programs, logs and results are on the first control host. */
const HOME = '/var/lib/strata-kubernetes';
/** In the home of the SSH user, readable for nobody else. */
const INCOMING = '.strata-kubernetes';
const PROGRAMS = ['make-cluster.sh', 'node.sh'];
/** Systems that the programs know, of those that a pool may have. */
const SYSTEMS = [HostDistribution.UBUNTU_24_04, HostDistribution.DEBIAN_12, HostDistribution.DEBIAN_13];

/**
 * A Kubernetes cluster on bare-metal hosts, made by kubeadm from the first control host over SSH: what OpenStack-Helm stands on.
 *
 * Installs containerd 2.x and Kubernetes of one pinned patch on every host, begins the cluster on the first control host, and lets the others join, one
 * after the other. The nodes have the hosts' names. It runs detached and may be cut at any point; what is done isn't done again. Hosts that are added join;
 * hosts that leave the inventory are drained and removed by hand; destroying forgets the steps and leaves the cluster.
 *
 * The administrator's kubeconfig is fetched to the machine that runs Terraform, and is in no state. Put what stands on the cluster into another stack, whose
 * kubernetes and helm providers have `kubeconfigPath`: a provider reads the file when it starts.
 *
 * Errors: an even number of control hosts; several of them without an endpoint; hosts with a system that the programs don't know; networks that overlap.
 */
export class HostCluster extends Construct implements IKubernetesCluster {
  public readonly clusterName: string;
  public readonly version: KubernetesVersion;
  public readonly kubeconfig: ClusterAccess;
  public readonly cni: Cni;
  public readonly podCidr: string;
  public readonly serviceCidr: string;
  public readonly podMtu: number;
  public readonly controlPlaneReplicas: number;
  public readonly nodeApiEndpoint?: ApiAddress;
  public readonly apiServerAddresses?: string[];
  /** Path of the fetched kubeconfig on the machine that runs Terraform. */
  public readonly kubeconfigPath: string;
  /** kubeadm's files, by name. They hold no secrets. */
  public readonly configurationFiles: { readonly [name: string]: string };
  /** The step that fetches the kubeconfig, once the cluster is there. */
  public readonly ready: StepResource;

  constructor(scope: Construct, id: string, props: HostClusterProps) {
    super(scope, id);
    const { pool, version, cni } = props;
    const controls = pool.hostsWithRole(HostRole.CONTROL);
    this.check(props, controls);
    this.clusterName = props.clusterName;
    this.version = version;
    this.cni = cni;
    this.podCidr = props.podCidr ?? '10.244.0.0/16';
    this.serviceCidr = props.serviceCidr ?? '10.96.0.0/16';
    this.checkRanges(pool);
    this.controlPlaneReplicas = controls.length;
    const endpoint = props.endpoint ?? nodeAddress(controls[0]);
    this.nodeApiEndpoint = { host: endpoint, port: API_PORT };
    this.apiServerAddresses = controls.map(nodeAddress);
    this.podMtu = this.mtuOfPods(pool);
    const others = pool.hosts.filter((host) => !host.is(HostRole.CONTROL) && (host.is(HostRole.NETWORK) || host.is(HostRole.COMPUTE)));
    this.configurationFiles = kubeadmFiles({
      clusterName: this.clusterName,
      version,
      endpoint,
      podCidr: this.podCidr,
      serviceCidr: this.serviceCidr,
      kubeProxy: !cni.replacesKubeProxy,
      hosts: [...controls, ...others],
    });
    const folder = (props.credentialsDirectory ?? `~/.config/strata/${TerraformStack.of(this).node.id}`).replace(/\/+$/, '');
    this.kubeconfigPath = `${folder}/kubeconfig`;
    this.ready = this.fetch(pool, controls[0], folder, this.make(props, controls[0]));
    const host = endpoint.includes(':') ? `[${endpoint}]` : endpoint;
    const fetchAgain = `terraform apply -replace=terraform_data.${this.ready.friendlyUniqueId} of stack ${TerraformStack.of(this).node.id}`;
    this.kubeconfig = accessOf(this.kubeconfigPath, `https://${host}:${API_PORT}`, fetchAgain);
  }

  private check(props: HostClusterProps, controls: readonly Host[]): void {
    const { pool: _pool, version: _version, cni: _cni, ...plain } = props;
    for (const [name, value] of Object.entries(plain)) checkKnown(this, name, value);
    checkClusterName(this, props.clusterName);
    assertNewCluster(this, props.version);
    checkInteger(this, 'timeoutMinutes', props.timeoutMinutes, { min: 5, max: 720 });
    if (props.credentialsDirectory !== undefined) checkCredentialsDirectory(this, props.credentialsDirectory);
    if (controls.length === 0) fail(this, { problem: 'no host has the role control', value: 0, fix: 'give it to one, three or five hosts' });
    assertQuorum(this, 'number of control hosts', controls.length);
    if (controls.length > 1 && props.endpoint === undefined) {
      fail(this, {
        problem: `endpoint is missing, and there are ${controls.length} control hosts: nodes must reach the API whichever of them is down`,
        fix: 'give the name or the address of a load balancer, or a virtual address, that leads to all of them on port 6443',
      });
    }
    if (props.endpoint !== undefined && isIP(props.endpoint) === 0) checkDnsSubdomain(this, 'endpoint', props.endpoint);
    for (const [name, url] of Object.entries({ kubernetesPackages: props.kubernetesPackages, containerdPackages: props.containerdPackages })) {
      check(this, url, (text) => /^https?:\/\/[\w./:~-]+$/.test(text), {
        problem: `${name} must be a URL`,
        fix: 'write it as https://mirror.example.com/kubernetes/',
      });
    }
    for (const host of props.pool.hosts) {
      if (host.os === undefined || SYSTEMS.some(({ name }) => name === host.os)) continue;
      fail(this, {
        problem: `${host.name} has a system that a cluster isn't made on`,
        value: host.os,
        fix: `use ${SYSTEMS.map(String).join(', ')}, or make the cluster otherwise and give it by KubernetesCluster.fromKubeconfig`,
      });
    }
  }

  private checkRanges(pool: IBareMetalPool): void {
    parseCidr(this, 'podCidr', this.podCidr);
    parseCidr(this, 'serviceCidr', this.serviceCidr);
    assertDisjoint(this, {
      podCidr: this.podCidr,
      serviceCidr: this.serviceCidr,
      ...Object.fromEntries(pool.networks.map(({ role, cidr }) => [`network ${role}`, cidr])),
    });
  }

  private mtuOfPods(pool: IBareMetalPool): number {
    const network = pool.network(NetworkRole.INTERNAL_API);
    const underlay = network?.cidr === undefined ? IpFamily.V4 : Cidr.of(network.cidr).family;
    const nodes = Mtu.of(network?.mtu ?? 1500, `${this.node.path}: internal network`);
    return this.cni.encapsulations.reduce((mtu, encapsulation) => mtu.inside(encapsulation, underlay), nodes).bytes;
  }

  /** Brings programs, kubeadm's files and the key to the first control host, and runs the one stage there. */
  private make(props: HostClusterProps, first: Host): StepResource {
    const { pool, version } = props;
    const sudo = pool.ssh.user === 'root' ? '' : 'sudo -n ';
    const programs: { readonly [name: string]: string } = Object.fromEntries([
      ...PROGRAMS.map((name) => [name, readFileSync(join(__dirname, name), 'utf8')]),
      ...STAGE_PROGRAMS.map((name) => [name, stageProgram(name)]),
    ]);
    const incoming = Object.keys(programs).map((name) => `${INCOMING}/${name}`);
    const work = [
      `${HOME}/bin/make-cluster.sh`,
      pool.ssh.user,
      String(pool.ssh.port ?? 22),
      version.version,
      props.kubernetesPackages ?? `https://pkgs.k8s.io/core:/stable:/v${version.minor}/deb/`,
      props.containerdPackages ?? 'https://download.docker.com/linux',
    ];
    const key = Fn.pathexpand(pool.ssh.privateKeyPath);
    const triggers = {
      files: this.hash('Files', this.configurationFiles),
      programs: this.hash('Programs', [programs, work]),
      key: Fn.filesha256(key),
    };
    const inputs = Fn.sha256(Fn.join(' ', Object.values(triggers)));
    const connection = connectionTo(pool, first, `${INCOMING}/run.sh`);
    const file = (destination: string, what: Pick<FileProvisioner, 'content' | 'source'>): FileProvisioner => ({
      type: 'file',
      destination: `${INCOMING}/${destination}`,
      connection,
      ...what,
    });
    const patience = (props.timeoutMinutes ?? 120) * 60;
    return new StepResource(this, 'Cluster', {
      triggers,
      dependsOn: [...pool.ready],
      provisioners: [
        // Terraform's own script can't lie in the folder that it makes.
        {
          type: 'remote-exec',
          inline: [`rm -rf ${INCOMING} && mkdir -m 700 ${INCOMING}`],
          connection: connectionTo(pool, first, `./${INCOMING}.sh`),
        },
        ...Object.entries(programs).map(([name, text]) =>
          file(name, { content: new TemplateText(this, `Program-${name}`, { parts: [text] }).value }),
        ),
        file('files.json', { content: new TemplateText(this, 'FilesJson', { parts: [JSON.stringify(this.configurationFiles)] }).value }),
        file('key', { source: key }),
        {
          type: 'remote-exec',
          connection,
          inline: [
            'set -e',
            `trap 'rm -rf ${INCOMING}/key ${INCOMING}.sh' EXIT`,
            `${sudo}install -d -m 700 ${HOME} ${HOME}/bin ${HOME}/bundle`,
            `${sudo}install -m 700 ${incoming.join(' ')} ${HOME}/bin/`,
            `${sudo}install -m 600 ${INCOMING}/key ${HOME}/key`,
            `${sudo}python3 ${HOME}/bin/place-files.py ${INCOMING}/files.json ${HOME}/bundle ${HOME}/placed-files`,
            `${sudo}${HOME}/bin/run-stage.sh cluster ${inputs} ${patience} ${work.join(' ')}`,
          ],
        },
      ],
    });
  }

  private fetch(pool: IBareMetalPool, first: Host, folder: string, cluster: StepResource): StepResource {
    const program = new TemplateText(this, 'FetchProgram', { parts: [readFileSync(join(__dirname, 'fetch-kubeconfig.sh'), 'utf8')] });
    return new StepResource(this, 'Kubeconfig', {
      triggers: { cluster: cluster.runId, program: program.sha256, folder },
      provisioners: [
        {
          type: 'local-exec',
          // Terraform prints the command: not the whole program
          command: 'eval "$STRATA_HAND_OVER"',
          interpreter: ['/bin/bash', '-c'],
          environment: {
            STRATA_HAND_OVER: program.value,
            STRATA_ADDRESS: first.managementAddress,
            STRATA_PORT: String(pool.ssh.port ?? 22),
            STRATA_USER: pool.ssh.user,
            STRATA_KEY: pool.ssh.privateKeyPath,
            STRATA_HOST_KEY: first.sshHostKey ?? '',
            STRATA_FOLDER: folder,
            STRATA_COMMAND: `${pool.ssh.user === 'root' ? '' : 'sudo -n '}cat /etc/kubernetes/admin.conf`,
          },
        },
      ],
    });
  }

  /** The same for the same inputs on every machine: by Terraform where a host's address is a reference, else now. */
  private hash(id: string, value: unknown): string {
    const text = JSON.stringify(value);
    return isKnown(text) ? createHash('sha256').update(text).digest('hex') : new TemplateText(this, `Inputs-${id}`, { parts: [text] }).sha256;
  }
}

function connectionTo(pool: IBareMetalPool, host: Host, scriptPath: string): SSHProvisionerConnection {
  return {
    type: 'ssh',
    host: host.managementAddress,
    port: pool.ssh.port,
    user: pool.ssh.user,
    privateKey: Fn.file(Fn.pathexpand(pool.ssh.privateKeyPath)),
    hostKey: host.sshHostKey,
    timeout: '5m',
    scriptPath,
  };
}

/** What a kubeconfig file says that is there when Terraform runs, not at synth. */
function accessOf(path: string, host: string, command: string): ClusterAccess {
  const rawConfig = contentOf(path, command);
  const config = Fn.yamldecode(rawConfig);
  const decoded = (...keys: (string | number)[]) => Fn.base64decode(Fn.lookupNested(config, keys));
  return {
    host,
    clusterCaCertificate: decoded('clusters', 0, 'cluster', 'certificate-authority-data'),
    clientCertificate: decoded('users', 0, 'user', 'client-certificate-data'),
    clientKey: Fn.sensitive(decoded('users', 0, 'user', 'client-key-data')),
    rawConfig: Fn.sensitive(rawConfig),
  };
}
