import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileProvisioner, Fn, ITerraformDependable, RemoteExecProvisioner, SSHProvisionerConnection, TerraformLocal, TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import { renderCephCluster } from './ceph-cluster';
import { renderConfigFiles } from './config-files';
import { configuresOctavia, renderGlobals } from './globals';
import { renderInventory } from './inventory';
import { resolveKolla } from './kolla-checks';
import { KollaModel } from './kolla-model';
import { KollaOptions, NeutronDriver, PasswordVault } from './kolla-options';
import { Stage, stagesOf } from './stages';
import { renderVerification } from './verification';
import { Encapsulation } from '../../../core/encapsulation';
import { STAGE_PROGRAMS, stageProgram } from '../../../core/stage-programs';
import { StepResource } from '../../../core/step-resource';
import { TemplateText } from '../../../core/template-text';
import { isKnown } from '../../../core/validation';
import { BoundEngine, EngineSurroundings } from '../../engine-binding';

/** Where the stages' scripts, logs and results are on the deployment host. */
const HOME = '/var/lib/strata-kolla';
/** In the home of the SSH user, readable for nobody else: what is on its way to its place. */
const INCOMING = '.strata-kolla';
const SCRIPTS = [
  'run-stage.sh',
  'kolla-stage.sh',
  'volume-group.sh',
  'place-files.py',
  'deploy-plan.py',
  'hand-over.py',
  'verify-cloud.py',
  'ceph-cluster.py',
  'ceph-host.sh',
  'vault-passwords.py',
  'retired-host.py',
  'control-health.py',
];

/** Makes the steps of a deployment by Kolla-Ansible. */
export function bindKolla(scope: Construct, surroundings: EngineSurroundings, options: KollaOptions): BoundEngine {
  const model = resolveKolla(scope, surroundings, options);
  const files = kollaFiles(scope, model);
  const folder = surroundings.credentialsDirectory.replace(/\/+$/, '');
  const ready = new Steps(scope, model, files).make(folder);
  return {
    authUrl: `${model.tls ? 'https' : 'http'}://${bracketed(model.externalFqdn)}:5000/v3`,
    loadBalancerProvider: model.loadBalancerProvider,
    tunnel: model.neutronDriver === NeutronDriver.OVN ? Encapsulation.GENEVE_OVN : Encapsulation.VXLAN,
    volumeZone: 'nova',
    dnsServers: options.dnsServers === undefined ? undefined : [...options.dnsServers],
    ready: [ready],
    handedOver: {
      cloudsYamlPath: `${folder}/clouds.yaml`,
      entry: 'kolla-admin',
      caCertificatePath: model.tls ? `${folder}/ca.crt` : undefined,
      command: `npx strata credentials ${TerraformStack.of(scope).node.id}`,
    },
    virtualAddresses: {
      [model.externalVip]: 'the external virtual address',
      [options.internalVip]: 'the internal virtual address', // last: it may be both
    },
    services: {
      blockStorage: model.cinder.kind !== 'none',
      keyManager: options.services?.barbican ?? false,
      makesAmphoraResources: configuresOctavia(model),
    },
    files,
  };
}

/** All files, by path under Kolla's configuration folder. */
export function kollaFiles(scope: Construct, model: KollaModel): { readonly [path: string]: string } {
  const overlay = Object.entries(renderConfigFiles(scope, model)).map(([path, text]) => [`config/${path}`, text]);
  return {
    'globals.yml': renderGlobals(model),
    'inventory.yml': renderInventory(model),
    'verification.json': renderVerification(model),
    ...(model.cinder.cephadmOptions === undefined ? {} : { 'ceph.json': renderCephCluster(model, model.cinder.cephadmOptions) }),
    ...(model.options.passwordVault === undefined ? {} : { 'vault.json': renderVault(model.options.passwordVault) }),
    ...Object.fromEntries(overlay),
  };
}

/** Where passwords are kept, as `vault-passwords.py` reads it. */
function renderVault({ address, mountPoint = 'kv', path = 'kolla_passwords', namespace = '', caCertificatePath }: PasswordVault): string {
  const vault = { address, mountPoint, path, namespace, caCertificate: caCertificatePath === undefined ? '' : `${HOME}/vault-ca` };
  return `${JSON.stringify(vault, undefined, 2)}\n`;
}

class Steps {
  private readonly sudo: string;
  /** Folders on the machine that runs Terraform that are copied as they are, by name. */
  private readonly folders: { readonly [name: string]: string };
  /** Triggers for what these folders are part of. */
  private readonly folderHashes: { readonly [name: string]: string };

  constructor(
    private readonly scope: Construct,
    private readonly model: KollaModel,
    private readonly files: { readonly [path: string]: string },
  ) {
    this.sudo = model.pool.ssh.user === 'root' ? '' : 'sudo -n ';
    const folders = { ceph: model.cinder.ceph?.configDirectory, ironic: model.options.services?.ironic?.agentDirectory };
    this.folders = Object.fromEntries(
      Object.entries(folders).flatMap(([name, path]) => (path === undefined ? [] : [[name, path.replace(/(.)\/+$/, '$1')]])),
    );
    const hash = (name: string, path: string) =>
      new TerraformLocal(scope, `${name[0].toUpperCase()}${name.slice(1)}Files`, directoryHash(path)).asString;
    this.folderHashes = Object.fromEntries(Object.entries(this.folders).map(([name, path]) => [name, hash(name, path)]));
  }

  public make(credentialsDirectory: string): StepResource {
    let previous = this.placeFiles();
    if (this.model.options.destroyCloud) previous = this.destroyCloud(previous);
    const steps = new Map<string, StepResource>();
    for (const stage of stagesOf(this.model, this.files)) {
      previous = this.stage(stage, previous, stage.looksAtCertificates ? this.renewal(credentialsDirectory) : undefined);
      steps.set(stage.id, previous);
    }
    return this.handOver(credentialsDirectory, previous, steps.get('Certificates'));
  }

  /**
   * A word that stays the same until the certificates are to be made anew: another one runs their stage again. The deployment host knows how long they
   * live; the file that was fetched says from when on they are to be renewed, and the word that their stage was last run with. A plan before that day has
   * that word, a plan from then on the day itself, which is the word in every plan after the renewal.
   */
  private renewal(credentialsDirectory: string): string {
    const file = `pathexpand(${JSON.stringify(`${credentialsDirectory}/certificates.json`)})`;
    const word = 'timecmp(plantimestamp(), known.renewFrom) < 0 ? known.renewal : known.renewFrom';
    return new TerraformLocal(this.scope, 'CertificateRenewal', `\${try([for known in [jsondecode(file(${file}))] : ${word}][0], "")}`).asString;
  }

  /**
   * Removes the cloud when this step is destroyed: after everything that stands on the cloud, before the hosts are given back. A step that is destroyed
   * knows nothing but itself, so that what it needs is its own input.
   */
  private destroyCloud(files: StepResource): StepResource {
    const { deploymentHost: host, pool } = this.model;
    return new StepResource(this.scope, 'DestroyCloud', {
      dependsOn: [files],
      input: {
        host: host.managementAddress,
        port: pool.ssh.port ?? 22,
        user: pool.ssh.user,
        key: pool.ssh.privateKeyPath,
        hostKey: host.sshHostKey ?? '',
        command: this.command('destroy-cloud', 'cloud', []),
      },
      provisioners: [
        {
          type: 'remote-exec',
          when: 'destroy',
          connection: {
            type: 'ssh',
            host: '${self.input.host}',
            port: '${self.input.port}' as unknown as number,
            user: '${self.input.user}',
            privateKey: '${file(pathexpand(self.input.key))}',
            hostKey: '${self.input.hostKey}',
            timeout: '5m',
            scriptPath: './.strata-kolla-destroy.sh',
          },
          inline: ['${self.input.command}'],
        } as RemoteExecProvisioner, // whose type doesn't know `when`
      ],
    });
  }

  /** Fetches the administrator's credentials to the machine that runs Terraform, again whenever the last stage has run again. */
  private handOver(folder: string, last: StepResource, certificates: StepResource | undefined): StepResource {
    const { deploymentHost: host, pool, release } = this.model;
    const script = new TemplateText(this.scope, 'Script-hand-over.sh', { parts: [readScript('hand-over.sh')] });
    return new StepResource(this.scope, 'HandOver', {
      triggers: { stage: last.runId, script: script.sha256, folder, ...(certificates === undefined ? {} : { certificates: certificates.runId }) },
      provisioners: [
        {
          type: 'local-exec',
          // Terraform prints the command: not the whole script
          command: 'eval "$STRATA_HAND_OVER"',
          interpreter: ['/bin/bash', '-c'],
          environment: {
            STRATA_HAND_OVER: script.value,
            STRATA_ADDRESS: host.managementAddress,
            STRATA_PORT: String(pool.ssh.port ?? 22),
            STRATA_USER: pool.ssh.user,
            STRATA_KEY: pool.ssh.privateKeyPath,
            STRATA_HOST_KEY: host.sshHostKey ?? '',
            STRATA_FOLDER: folder,
            STRATA_COMMAND: `${this.sudo}${HOME}/bin/kolla-stage.sh ${release.series} hand-over`,
          },
        },
      ],
    });
  }

  /** Brings scripts, configuration and the key to the deployment host. */
  private placeFiles(): StepResource {
    const { pool, options } = this.model;
    const bundle = new TemplateText(this.scope, 'FilesJson', { parts: [JSON.stringify(this.files)] });
    const scripts = SCRIPTS.map((name) => ({ name, text: new TemplateText(this.scope, `Script-${name}`, { parts: [readScript(name)] }) }));
    const key = Fn.pathexpand(options.ansiblePrivateKeyPath ?? pool.ssh.privateKeyPath);
    const { tokenPath, caCertificatePath } = options.passwordVault ?? {};
    const secrets = Object.fromEntries(
      Object.entries({ 'vault-token': tokenPath, 'vault-ca': caCertificatePath }).flatMap(([name, path]) =>
        path === undefined ? [] : [[name, Fn.pathexpand(path)]],
      ),
    );
    const retired = [...(options.retiredHosts ?? [])].sort();
    const triggers = {
      files: this.hash('Files', this.files),
      scripts: this.hash('Scripts', SCRIPTS.map(readScript)),
      key: Fn.filesha256(key),
      ...Object.fromEntries(Object.entries(secrets).map(([name, path]) => [name, Fn.filesha256(path)])),
      ...this.folderHashes,
      ...(retired.length === 0 ? {} : { retired: retired.join(',') }),
    };
    const connection = this.connection(`${INCOMING}/run.sh`);
    const file = (destination: string, what: Pick<FileProvisioner, 'content' | 'source'>): FileProvisioner => ({
      type: 'file',
      destination: `${INCOMING}/${destination}`,
      connection,
      ...what,
    });
    const provisioners: (FileProvisioner | RemoteExecProvisioner)[] = [
      // Terraform's own script can't lie in the folder that it makes.
      { type: 'remote-exec', inline: [`rm -rf ${INCOMING} && mkdir -m 700 ${INCOMING}`], connection: this.connection(`./${INCOMING}.sh`) },
      ...scripts.map(({ name, text }) => file(name, { content: text.value })),
      file('files.json', { content: bundle.value }),
      file('key', { source: key }),
      ...Object.entries(secrets).map(([name, source]) => file(name, { source })),
      ...Object.entries(this.folders).map(([name, path]) => file(name, { source: `${Fn.pathexpand(path)}/` })),
      {
        type: 'remote-exec',
        connection,
        inline: [
          'set -e',
          `trap 'rm -rf ${[...['key', ...Object.keys(secrets), ...Object.keys(this.folders)].map((name) => `${INCOMING}/${name}`), `${INCOMING}.sh`].join(' ')}' EXIT`,
          `${this.sudo}install -d -m 700 ${HOME} ${HOME}/bin`,
          `${this.sudo}install -m 700 ${SCRIPTS.map((name) => `${INCOMING}/${name}`).join(' ')} ${HOME}/bin/`,
          this.command('files', Fn.sha256(Fn.join(' ', Object.values(triggers))), [
            `"$PWD/${INCOMING}"`,
            ...(retired.length === 0 ? [] : [retired.join(',')]),
          ]),
        ],
      },
    ];
    return new StepResource(this.scope, 'Files', { triggers, dependsOn: [...pool.ready], provisioners });
  }

  private stage(stage: Stage, previous: ITerraformDependable, renewal: string | undefined): StepResource {
    const triggers = {
      inputs: this.hash(stage.id, stage.inputs),
      ...(stage.readsFolders ? this.folderHashes : {}),
      ...(renewal === undefined ? {} : { renewal }),
    };
    const inputs = Object.values(triggers).join('-');
    return new StepResource(this.scope, stage.id, {
      triggers,
      dependsOn: [previous],
      provisioners: [
        {
          type: 'remote-exec',
          connection: this.connection(`${INCOMING}/run.sh`),
          inline: [this.command(stage.name, inputs, [...stage.arguments.map(quote), ...(renewal === undefined ? [] : [`'renewal=${renewal}'`])])],
        },
      ],
    });
  }

  private command(stage: string, inputs: string, quotedArguments: readonly string[]): string {
    const patience = (this.model.options.stageTimeoutMinutes ?? 240) * 60;
    const runner = [`${HOME}/bin/run-stage.sh`, stage, inputs, patience];
    const work = [`${HOME}/bin/kolla-stage.sh`, this.model.release.series, stage, ...quotedArguments];
    return `${this.sudo}${[...runner, ...work].join(' ')}`;
  }

  /** The same for the same inputs on every machine: by Terraform where a host's address is a reference, else now. */
  private hash(name: string, value: unknown): string {
    const text = JSON.stringify(value);
    if (isKnown(text)) return createHash('sha256').update(text).digest('hex');
    return new TemplateText(this.scope, `Inputs-${name}`, { parts: [text] }).sha256;
  }

  private connection(scriptPath: string): SSHProvisionerConnection {
    const { deploymentHost: host, pool } = this.model;
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
}

function readScript(name: string): string {
  return STAGE_PROGRAMS.includes(name) ? stageProgram(name) : readFileSync(join(__dirname, name), 'utf8');
}

/** A hash over the names and contents of all files below a folder, when Terraform runs. */
function directoryHash(folder: string): string {
  const path = `pathexpand(${JSON.stringify(folder)})`;
  return `\${sha256(join(" ", [for name in sort(fileset(${path}, "**")) : format("%s:%s", name, filesha256(format("%s/%s", ${path}, name)))]))}`;
}

/** A word for the shell of the deployment host. */
function quote(word: string): string {
  return /^[\w./:=-]+$/.test(word) ? word : `'${word.replace(/'/g, `'\\''`)}'`;
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
