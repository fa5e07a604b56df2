import { Fn } from 'cdktf';

/** What a cluster's trust is made of. All PEM, all references: none of it stands in what is synthesised. Certificates and public keys aren't sensitive. */
export interface PkiMaterial {
  /** All certificates that are trusted, the one first that signs. So it is with those of etcd and the front proxy, and with the public keys of service accounts. */
  readonly caCertificate: string;
  /** The one alone that signs, which is the key's. */
  readonly signingCaCertificate: string;
  readonly caKey: string;
  readonly etcdCaCertificate: string;
  readonly etcdCaKey: string;
  readonly frontProxyCaCertificate: string;
  readonly frontProxyCaKey: string;
  readonly serviceAccountKey: string;
  readonly serviceAccountPublicKey: string;
  /** Client certificate of the administrator, in kubeadm's group `kubeadm:cluster-admins`. */
  readonly adminCertificate: string;
  readonly adminKey: string;
  /** `abcdef.0123456789abcdef`: lets new workers ask for a certificate. */
  readonly bootstrapToken: string;
  /** A key that encrypts Secrets in etcd, made or asked for when it is first named: 32 bytes in base64. */
  encryptionKey(name: string): string;
}

/** Certificates, or public keys, one after the other. */
export function pemBundle(pems: readonly string[]): string {
  return pems.length === 1 ? pems[0] : Fn.join('\n', [...pems]);
}
