import { Fn, TerraformVariable } from 'cdktf';
import { Construct } from 'constructs';
import { PkiMaterial } from './pki-material';
import { fail } from '../../core/validation';

/** Properties of VariablePki. */
export interface VariablePkiProps {
  /** What the variables' names begin with. */
  readonly prefix: string;
}

/** A PKI that the user brings, as variables of the stack. Their names are contract. */
export class VariablePki extends Construct implements PkiMaterial {
  public readonly caCertificate: string;
  public readonly caKey: string;
  public readonly etcdCaCertificate: string;
  public readonly etcdCaKey: string;
  public readonly frontProxyCaCertificate: string;
  public readonly frontProxyCaKey: string;
  public readonly serviceAccountKey: string;
  public readonly serviceAccountPublicKey: string;
  public readonly adminCertificate: string;
  public readonly adminKey: string;
  public readonly bootstrapToken: string;

  private readonly prefix: string;

  constructor(scope: Construct, id: string, props: VariablePkiProps) {
    super(scope, id);
    this.prefix = props.prefix;
    if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(props.prefix)) {
      fail(this, { problem: 'names of variables must begin with a letter', value: props.prefix, fix: 'give ClusterPki.fromVariables({ prefix })' });
    }
    this.caCertificate = this.pem('ca_crt', 'Certificate authority of the cluster', 'CERTIFICATE');
    this.caKey = this.pem('ca_key', 'Its private key', 'PRIVATE KEY');
    this.etcdCaCertificate = this.pem('etcd_ca_crt', 'Certificate authority of etcd', 'CERTIFICATE');
    this.etcdCaKey = this.pem('etcd_ca_key', 'Its private key', 'PRIVATE KEY');
    this.frontProxyCaCertificate = this.pem('front_proxy_ca_crt', 'Certificate authority of the front proxy', 'CERTIFICATE');
    this.frontProxyCaKey = this.pem('front_proxy_ca_key', 'Its private key', 'PRIVATE KEY');
    this.serviceAccountKey = this.pem('sa_key', 'Key that signs the tokens of service accounts', 'PRIVATE KEY');
    this.serviceAccountPublicKey = this.pem('sa_pub', 'Its public key', 'PUBLIC KEY');
    this.adminCertificate = this.pem('admin_crt', 'Client certificate of the administrator, organisation kubeadm:cluster-admins', 'CERTIFICATE');
    this.adminKey = this.pem('admin_key', 'Its private key', 'PRIVATE KEY');
    this.bootstrapToken = this.variable(
      'bootstrap_token',
      'Token with which workers join: 6 characters of a-z and 0-9, a dot, and 16 more',
      true,
      '^[a-z0-9]{6}[.][a-z0-9]{16}$',
    );
  }

  public encryptionKey(name: string): string {
    return this.variable(`encryption_${name}`, `Key ${name} that encrypts Secrets in etcd: 32 bytes in base64`, true, '^[A-Za-z0-9+/]{43}=$');
  }

  private pem(name: string, description: string, label: string): string {
    return this.variable(name, `${description} (PEM)`, label === 'PRIVATE KEY', `^[[:space:]]*-----BEGIN ([A-Z]+ )?${label}-----`);
  }

  private variable(name: string, description: string, sensitive: boolean, pattern: string): string {
    const full = `${this.prefix}_${name}`;
    const variable = new TerraformVariable(this, name, { type: 'string', description, sensitive, nullable: false });
    variable.overrideLogicalId(full);
    variable.addValidation({
      condition: Fn.can(Fn.regex(pattern, variable.stringValue)),
      errorMessage: `The variable ${full} doesn't have the form that its description asks for.`,
    });
    return variable.stringValue;
  }
}
