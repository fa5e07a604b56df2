import { Construct } from 'constructs';
import { checkAuthorities, FIRST_AUTHORITY } from './authority-generations';
import { GeneratedPki } from './bootstrap/generated-pki';
import { PkiMaterial } from './bootstrap/pki-material';
import { VariablePki } from './bootstrap/variable-pki';
import { check } from '../core/validation';

/** Options of a PKI that Terraform makes. */
export interface GeneratedPkiOptions {
  /**
   * Generations of the authorities (Kubernetes, etcd, front proxy) and of the key pair of service accounts: one, or two while one takes the place of the other. All
   * are trusted, the first one signs. They are replaced in three steps, `['1', '2']`, `['2', '1']` and `['2']`, in each of which every slot and then every pool is
   * rolled; a plan that leaves out a step or a server is refused. Names of lower-case letters and digits, eight at most.
   * @default ["1"]
   */
  readonly authorities?: string[];
}

/** Options of a PKI that is brought by variables. */
export interface VariablePkiOptions {
  /**
   * What the variables' names begin with: letters, digits and "_". Two clusters of one stack need different ones.
   * @default - the cluster's name with "_" for "-"
   */
  readonly prefix?: string;
  /**
   * Generations of the authorities and of the key pair of service accounts, as in `GeneratedPkiOptions`. Generation 1 has the names of variables without generation;
   * those of another one have it behind the prefix: `<prefix>_2_ca_crt`. Of one that doesn't sign no keys are asked for. The administrator's certificate is of the
   * first one.
   * @default ["1"]
   */
  readonly authorities?: string[];
}

/** Where a cluster's certificate authorities, its service-account key, its administrator's certificate and its bootstrap token come from. */
export class ClusterPki {
  /**
   * Made by the `tls` and `random` providers: ECDSA P-256, authorities for ten years, the administrator's certificate for one (renewed by an apply in
   * its last 30 days). The keys are in Terraform's state: use a backend that encrypts it.
   */
  public static generated(options: GeneratedPkiOptions = {}): ClusterPki {
    const authorities = generations(options.authorities);
    return new ClusterPki(authorities, (scope, _, tokenGeneration) => new GeneratedPki(scope, 'Pki', tokenGeneration, authorities));
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
    const authorities = generations(options.authorities);
    return new ClusterPki(
      authorities,
      (scope, clusterName) => new VariablePki(scope, 'Pki', { prefix: options.prefix ?? clusterName.replace(/-/g, '_'), authorities }),
    );
  }

  /**
   * Generations of its authorities, the signing one first.
   * @internal
   */
  public readonly _authorities: readonly string[];
  private readonly make: (scope: Construct, clusterName: string, tokenGeneration: number) => PkiMaterial;

  private constructor(authorities: readonly string[], make: (scope: Construct, clusterName: string, tokenGeneration: number) => PkiMaterial) {
    this._authorities = authorities;
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

function generations(authorities: readonly string[] = [FIRST_AUTHORITY]): readonly string[] {
  checkAuthorities('ClusterPki', authorities);
  return authorities;
}
