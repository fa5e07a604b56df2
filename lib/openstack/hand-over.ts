import { Fn } from 'cdktf';
import { OpenStackLogin } from './openstack-login';

/** Where an engine has put an administrator's credentials on the machine that runs Terraform. */
export interface HandedOver {
  /** Path of the clouds.yaml. */
  readonly cloudsYamlPath: string;
  /** Its entry for the administrator. */
  readonly entry: string;
  /** Path of the CA's certificate; undefined where the endpoints have none of their own. */
  readonly caCertificatePath: string | undefined;
  /** What fetches the files again, told where they are missing. */
  readonly command: string;
}

/** The login of an entry of a clouds.yaml that is there when Terraform runs, not at synth. */
export function loginOf(handedOver: HandedOver): OpenStackLogin {
  const clouds = Fn.yamldecode(contentOf(handedOver.cloudsYamlPath, handedOver.command));
  const value = (...path: string[]) => Fn.lookupNested(clouds, ['clouds', handedOver.entry, ...path]);
  return {
    authUrl: value('auth', 'auth_url'),
    region: value('region_name'),
    userName: value('auth', 'username'),
    password: Fn.sensitive(value('auth', 'password')),
    tenantName: value('auth', 'project_name'),
    userDomainName: value('auth', 'user_domain_name'),
    projectDomainName: value('auth', 'project_domain_name'),
    cacertFile: handedOver.caCertificatePath,
  };
}

/** The content of a file, read when Terraform runs. Where it is missing, Terraform's error names the command that fetches it. */
export function contentOf(path: string, command: string): string {
  const file = Fn.pathexpand(path);
  return Fn.file(Fn.conditional(Fn.fileexists(file), file, `${path}, which is missing: fetch it by ${command}`));
}
