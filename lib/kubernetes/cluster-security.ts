/** A level of the Pod Security Standards. */
export enum PodSecurityStandard {
  /** Everything is allowed. */
  PRIVILEGED = 'privileged',
  /** Known ways to more rights are closed: host namespaces, privileged containers, host paths. */
  BASELINE = 'baseline',
  /** What hardened pods do without is refused, too. */
  RESTRICTED = 'restricted',
}

/** Which pods are admitted to namespaces that say nothing of it themselves (by labels `pod-security.kubernetes.io/…`). */
export interface PodSecurityDefaults {
  /**
   * Pods beyond it are refused.
   * @default PodSecurityStandard.BASELINE
   */
  readonly enforce?: PodSecurityStandard;
  /**
   * Who makes pods beyond it is warned, and the audit log says so.
   * @default PodSecurityStandard.RESTRICTED
   */
  readonly warn?: PodSecurityStandard;
  /**
   * Namespaces that are exempt, besides kube-system and those of the pod networks (tigera-operator, calico-system, calico-apiserver, ovn-kubernetes).
   * @default - none
   */
  readonly exemptNamespaces?: string[];
}

/** People log in by an OpenID Connect provider. */
export interface OidcOptions {
  /** URL of the issuer, https: it must be the tokens' `iss`. */
  readonly issuerUrl: string;
  /** Audience of the tokens: the client's id. */
  readonly clientId: string;
  /**
   * Claim that is the user's name.
   * @default "sub"
   */
  readonly usernameClaim?: string;
  /**
   * What is put before user names; an empty text for nothing.
   * @default "oidc:"
   */
  readonly usernamePrefix?: string;
  /**
   * Claim that has the user's groups.
   * @default "groups"
   */
  readonly groupsClaim?: string;
  /**
   * What is put before the names of groups; an empty text for nothing.
   * @default "oidc:"
   */
  readonly groupsPrefix?: string;
  /**
   * Claims that a token must have, with their values.
   * @default - none
   */
  readonly requiredClaims?: { readonly [claim: string]: string };
  /**
   * Certificate authority of the issuer, PEM.
   * @default - those that the API server's image trusts
   */
  readonly caCertificate?: string;
}

/**
 * Secrets are encrypted in etcd by a key that Barbican holds. Each control-plane node has the plugin of cloud-provider-openstack as a static pod beside its API
 * server: it needs nothing of the cluster, so that a cluster that was switched off starts again, and nothing of OpenStack but Keystone and Barbican.
 */
export interface BarbicanEncryption {
  /**
   * Barbican's id of a key that is there already: AES, 256 bits, CBC.
   * @default - a key is made, which outlives the cluster for the sake of its snapshots
   */
  readonly keyId?: string;
  /**
   * Whether Secrets are written with it. False: what is written with it can be read, the first of `encryptionKeys` writes. A running cluster goes to Barbican, and back,
   * in two revisions, for every API server must be able to read what another one writes: first with false, then with true.
   * @default true
   */
  readonly writes?: boolean;
  /**
   * Which application credential in turn the plugins have, from 1. It is theirs alone, and settled when a server is made: raise it, roll the slots, then revoke the
   * one before.
   * @default 1
   */
  readonly credentialGeneration?: number;
  /**
   * Whether the application credential of the generation before stays. False revokes it: once every slot is rolled.
   * @default true
   */
  readonly keepPreviousCredential?: boolean;
  /**
   * Roles of the plugins' application credential: what Barbican's policy asks of who reads a key.
   * @default - "member", "creator" and "observer", as far as the user who runs Terraform has them
   */
  readonly credentialRoles?: string[];
}

/**
 * Users of OpenStack log in by the webhook of `KeystoneAuth`, which must be installed, too. While it can't be reached, everybody else (certificates, service accounts,
 * OpenID Connect) logs in as ever.
 */
export interface KeystoneUsers {
  /**
   * Address of the webhook's Service, in `serviceCidr`: the API servers know it by that.
   * @default - the eleventh of `serviceCidr`
   */
  readonly webhookAddress?: string;
  /**
   * Whether the webhook also says what these users may do (`policy` of KeystoneAuth), where Kubernetes' own roles don't allow it. It is never asked about the system's own
   * users and service accounts.
   * @default false
   */
  readonly authorizes?: boolean;
}

/**
 * Who may do what in the cluster, before any RBAC rule of yours. The defaults are meant to be kept; `docs/cis-benchmark.md` says which controls they hold.
 * Part of the cluster's one configuration: raise `configurationRevision` with a change.
 */
export interface ClusterSecurity {
  /**
   * Names of the keys with which Secrets are encrypted in etcd (secretbox): the first one encrypts, all decrypt. Letters and digits. `docs/pki.md` says how a key
   * is replaced. An empty list writes Secrets as they are.
   * @default ["key1"]
   */
  readonly encryptionKeys?: string[];
  /**
   * Audit policy, a document of `audit.k8s.io/v1` Policy, as a value. The log is in /var/log/kubernetes/audit of each control-plane node, 30 days and at most 1 GiB.
   * @default - who did what, without bodies; nothing of the system's own constant reading
   */
  readonly auditPolicy?: { readonly [key: string]: any };
  /**
   * Pod Security admission.
   * @default - baseline is enforced, restricted is warned of
   */
  readonly podSecurity?: PodSecurityDefaults;
  /**
   * Log in by OpenID Connect.
   * @default - by certificates and service accounts alone
   */
  readonly oidc?: OidcOptions;
  /**
   * Encrypt Secrets by a key of Barbican. `encryptionKeys` then only decrypt what they have encrypted before.
   * @default - `encryptionKeys` alone
   */
  readonly barbicanKms?: BarbicanEncryption;
  /**
   * Users of OpenStack log in with their Keystone tokens.
   * @default - they don't
   */
  readonly keystone?: KeystoneUsers;
}
