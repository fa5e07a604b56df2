import { Fn, TerraformVariable } from 'cdktf';
import { Construct } from 'constructs';
import { pemBundle, PkiMaterial } from './pki-material';
import { fail } from '../../core/validation';
import { FIRST_AUTHORITY } from '../authority-generations';

/** Properties of VariablePki. */
export interface VariablePkiProps {
  /** What the variables' names begin with. */
  readonly prefix: string;
  /**
   * Generations of authorities: all are trusted, the first one signs, so that its keys alone are asked for.
   * @default - the first generation
   */
  readonly authorities?: readonly string[];
}

/** A PKI that the user brings, as variables of the stack. Their names are contract. */
export class VariablePki extends Construct implements PkiMaterial {
  public readonly caCertificate: string;
  public readonly signingCaCertificate: string;
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
    const { authorities = [FIRST_AUTHORITY] } = props;
    const [signing] = authorities;
    const authority = (name: string, what: string) => {
      const certificates = authorities.map((generation) =>
        this.pem(ofGeneration(`${name}_crt`, generation), `Certificate of the ${what}`, 'CERTIFICATE'),
      );
      return { certificates, key: this.pem(ofGeneration(`${name}_key`, signing), `Private key of the ${what}`, 'PRIVATE KEY') };
    };
    const ca = authority('ca', 'authority of the cluster');
    this.caCertificate = pemBundle(ca.certificates);
    this.signingCaCertificate = ca.certificates[0];
    this.caKey = ca.key;
    const etcdCa = authority('etcd_ca', 'authority of etcd');
    this.etcdCaCertificate = pemBundle(etcdCa.certificates);
    this.etcdCaKey = etcdCa.key;
    const frontProxyCa = authority('front_proxy_ca', 'authority of the front proxy');
    this.frontProxyCaCertificate = pemBundle(frontProxyCa.certificates);
    this.frontProxyCaKey = frontProxyCa.key;
    this.serviceAccountKey = this.pem(ofGeneration('sa_key', signing), 'Key that signs the tokens of service accounts', 'PRIVATE KEY');
    this.serviceAccountPublicKey = pemBundle(
      authorities.map((generation) => this.pem(ofGeneration('sa_pub', generation), 'Public key of service accounts', 'PUBLIC KEY')),
    );
    this.adminCertificate = this.pem('admin_crt', 'Client certificate of the administrator, organisation kubeadm:cluster-admins', 'CERTIFICATE');
    this.adminKey = this.pem('admin_key', "Private key of the administrator's certificate", 'PRIVATE KEY');
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
      errorMessage: `The variable ${full} must be: ${description}. Set it as TF_VAR_${full}, or by -var-file.`,
    });
    return variable.stringValue;
  }
}

/** The first generation has the names of a cluster that never replaced its authorities. */
function ofGeneration(name: string, generation: string): string {
  return generation === FIRST_AUTHORITY ? name : `${generation}_${name}`;
}
