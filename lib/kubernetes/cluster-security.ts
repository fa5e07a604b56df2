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
}
