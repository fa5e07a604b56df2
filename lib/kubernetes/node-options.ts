/** An argument of a program of Kubernetes, as kubeadm has it: `name` without dashes. */
export interface ComponentArg {
  /** Its name, without leading dashes: `max-pods`. */
  readonly name: string;
  /** Its value. */
  readonly value: string;
}

/** Where the images of a registry are fetched from instead. */
export interface RegistryMirror {
  /** The registry: `docker.io`, `registry.k8s.io`, with a port if it has one; `_default` for all that have no mirror of their own. */
  readonly registry: string;
  /** URLs of the mirrors, in the order in which they are tried: `https://mirror.example.com`, with a path if the mirror has one. */
  readonly endpoints: string[];
  /**
   * Certificate authority of the mirrors, PEM.
   * @default - those that the system trusts
   */
  readonly caCertificate?: string;
  /**
   * Whether the registry itself is asked when no mirror has an image.
   * @default true
   */
  readonly fallBack?: boolean;
}

/** A proxy for what the nodes fetch. */
export interface NodeProxy {
  /**
   * For http: `http://proxy.example.com:3128`. A password must come by a reference, never as a literal.
   * @default - none
   */
  readonly httpProxy?: string;
  /**
   * For https.
   * @default - the one for http
   */
  readonly httpsProxy?: string;
  /**
   * What is reached without it: names, addresses, ranges in CIDR notation.
   * @default - only what always is: the nodes', pods' and services' ranges, the API, the cluster's own names, the metadata service
   */
  readonly noProxy?: string[];
}

/** What a node is given besides Kubernetes. Settled when a server is made: servers that are there keep theirs. */
export interface NodeOptions {
  /**
   * Mirrors of registries, for containerd (`/etc/containerd/certs.d/<registry>/hosts.toml`; the image's containerd must look there, as 2.x does by default).
   * @default - none
   */
  readonly registryMirrors?: RegistryMirror[];
  /**
   * Proxy of containerd, and of the packages of a stock image. Programs of Kubernetes don't get it.
   * @default - none
   */
  readonly proxy?: NodeProxy;
  /**
   * Names or addresses of time servers (cloud-init's `ntp`: chrony or systemd-timesyncd, whichever the image has).
   * @default - the image's own
   */
  readonly ntpServers?: string[];
  /**
   * Certificate authorities that the system trusts besides its own, PEM.
   * @default - none
   */
  readonly caBundles?: string[];
  /**
   * Whether the system trusts the certificate authority of the cloud's endpoints, too, if the cloud names one (`caCertificatePem`): a registry, a mirror of
   * packages or a bucket for snapshots in that cloud then needs no bundle of its own. What talks to the cloud's APIs has the authority by itself.
   * @default true
   */
  readonly trustCloudCa?: boolean;
  /**
   * Certificate authorities of SSH users, as their public keys in the format of OpenSSH: whoever shows a certificate of theirs for the name of a node's user may log in
   * as it (sshd's `TrustedUserCAKeys`). In place of a key pair, or beside it; SSH stays closed until `sshAllowedCidrs` or a bastion is asked for. A bastion has
   * a key pair in any case: what it trusts besides is in its own `userData`.
   * @default - none
   */
  readonly sshTrustedUserCaKeys?: string[];
  /**
   * Kernel settings: `{ 'net.core.somaxconn': '4096' }`.
   * @default - only what Kubernetes asks for
   */
  readonly sysctls?: { readonly [name: string]: string };
  /**
   * Arguments of the kubelet. What the construct sets itself (`cloud-provider`, `provider-id`, `node-ip`, `hostname-override`, `node-labels`, `config`, `kubeconfig`,
   * `bootstrap-kubeconfig`) is refused.
   * @default - none
   */
  readonly kubeletExtraArgs?: ComponentArg[];
}
