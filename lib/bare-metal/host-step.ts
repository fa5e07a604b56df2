import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileProvisioner, Fn, ITerraformDependable, RemoteExecProvisioner, SSHProvisionerConnection } from 'cdktf';
import { Construct } from 'constructs';
import { SshAccess } from '../contracts/bare-metal-pool';
import { Host } from '../contracts/host';
import { StepResource } from '../core/step-resource';
import { TemplateText } from '../core/template-text';

/** A script of this folder, as one local value however many hosts run it. */
export function scriptText(scope: Construct, id: string, script: string): TemplateText {
  return new TemplateText(scope, id, { parts: [readFileSync(join(__dirname, 'provisioners', script), 'utf8')] });
}

export interface HostStepProps {
  readonly host: Host;
  readonly ssh: SshAccess;
  readonly connectTimeoutSeconds: number;
  /** Name of the work, in file names. */
  readonly name: string;
  readonly script: TemplateText;
  /** What the script reads: its first argument is a file of these lines, its second the host's name. */
  readonly input: TemplateText;
  readonly dependsOn: ITerraformDependable[];
}

/**
 * Runs a script on a host, again whenever the script, its input or the host's address changed. Its output is Terraform's. The script's third argument is
 * the time on the machine that runs Terraform when it was sent.
 *
 * The files go into a folder of the user's home that nobody else can look or write into, and that the script's end removes. Terraform's own habit,
 * scripts with mode 0777 in /tmp, would let any user of the host write into what then runs with sudo.
 */
export function hostStep(scope: Construct, id: string, props: HostStepProps): StepResource {
  const { host, name, script, input } = props;
  const folder = `.strata-${name}-${host.name}-${scope.node.addr.slice(-8)}`;
  // The first script makes the folder, so it can't lie in it. It is one command, and the home of the user is the next best place.
  const begin = connection(props, `./${folder}.sh`);
  // Terraform ends by writing an empty file over the script. With two folders gone there is no place for it, and it doesn't mind.
  const inFolder = connection(props, `${folder}/run/run.sh`);
  const file = (content: string, destination: string): FileProvisioner => ({
    type: 'file',
    content,
    destination: `${folder}/${destination}`,
    connection: inFolder,
  });
  const provisioners: (FileProvisioner | RemoteExecProvisioner)[] = [
    { type: 'remote-exec', inline: [`rm -rf ${folder} && mkdir -m 700 ${folder} && mkdir ${folder}/run`], connection: begin },
    file(script.value, `${name}.sh`),
    file(input.value, 'input'),
    {
      type: 'remote-exec',
      inline: [`trap 'rm -rf ${folder} ${folder}.sh' EXIT`, `bash ${folder}/${name}.sh ${folder}/input ${host.name} \${timestamp()}`],
      connection: inFolder,
    },
  ];
  return new StepResource(scope, id, {
    triggers: { address: host.managementAddress, script: script.sha256, input: input.sha256 },
    dependsOn: props.dependsOn,
    provisioners,
  });
}

function connection({ host, ssh, connectTimeoutSeconds }: HostStepProps, scriptPath: string): SSHProvisionerConnection {
  return {
    type: 'ssh',
    host: host.managementAddress,
    port: ssh.port,
    user: ssh.user,
    privateKey: Fn.file(Fn.pathexpand(ssh.privateKeyPath)),
    hostKey: host.sshHostKey,
    timeout: `${connectTimeoutSeconds}s`,
    scriptPath,
  };
}
