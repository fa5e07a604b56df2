import { Construct } from 'constructs';
import { check } from '../core/validation';
import { GeneratedPki } from './bootstrap/generated-pki';
import { PkiMaterial } from './bootstrap/pki-material';
import { VariablePki } from './bootstrap/variable-pki';

/** Options of a PKI that is brought by variables. */
export interface VariablePkiOptions {
  /**
   * What the variables' names begin with: letters, digits and "_". Two clusters of one stack need different ones.
   * @default - the cluster's name with "_" for "-"
   */
  readonly prefix?: string;
}

/** Where a cluster's certificate authorities, its service-account key, its administrator's certificate and its bootstrap token come from. */
export class ClusterPki {
  /**
   * Made by the `tls` and `random` providers: ECDSA P-256, authorities for ten years, the administrator's certificate for one (renewed by an apply in
   * its last 30 days). The keys are in Terraform's state: use a backend that encrypts it.
   */
  public static generated(): ClusterPki {
    return new ClusterPki((scope, _, tokenGeneration) => new GeneratedPki(scope, 'Pki', tokenGeneration));
  }

  /**
   * Brought by you, as variables of the stack: `<prefix>_ca_crt`, `_ca_key`, `_etcd_ca_crt`, `_etcd_ca_key`, `_front_proxy_ca_crt`, `_front_proxy_ca_key`,
   * `_sa_key`, `_sa_pub`, `_admin_crt`, `_admin_key` (all PEM), `_bootstrap_token` (`abcdef.0123456789abcdef`) and, for each key of
   * `security.encryptionKeys`, `_encryption_<name>` (32 bytes in base64: `openssl rand -base64 32`). Keys and token are sensitive.
   * The administrator's certificate has the organisation `kubeadm:cluster-admins`.
   */
  public static fromVariables(options: VariablePkiOptions = {}): ClusterPki {
    check('ClusterPki', options.prefix, (v) => /^[A-Za-z][A-Za-z0-9_]*$/.test(v), {
      problem: 'prefix must begin with a letter and have letters, digits and "_"',
      fix: 'choose a prefix of that form, for example prod',
    });
    return new ClusterPki((scope, clusterName) => new VariablePki(scope, 'Pki', { prefix: options.prefix ?? clusterName.replace(/-/g, '_') }));
  }

  private readonly make: (scope: Construct, clusterName: string, tokenGeneration: number) => PkiMaterial;

  private constructor(make: (scope: Construct, clusterName: string, tokenGeneration: number) => PkiMaterial) {
    this.make = make;
  }

  /**
   * Makes it in the cluster's stack. A token that is brought has no generation: it is a new one when its variable has a new value.
   * @internal
   */
  public _bind(scope: Construct, clusterName: string, tokenGeneration: number): PkiMaterial {
    return this.make(scope, clusterName, tokenGeneration);
  }
}
