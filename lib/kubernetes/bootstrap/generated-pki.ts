import { Bytes } from '@cdktf/provider-random/lib/bytes';
import { Password } from '@cdktf/provider-random/lib/password';
import { RandomProvider } from '@cdktf/provider-random/lib/provider';
import { CertRequest } from '@cdktf/provider-tls/lib/cert-request';
import { LocallySignedCert } from '@cdktf/provider-tls/lib/locally-signed-cert';
import { PrivateKey } from '@cdktf/provider-tls/lib/private-key';
import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import { SelfSignedCert } from '@cdktf/provider-tls/lib/self-signed-cert';
import { Construct } from 'constructs';
import { PkiMaterial } from './pki-material';
import { defaultProvider } from '../../core/default-provider';

const YEAR_HOURS = 8760;
/** kubeadm's own names. */
const AUTHORITIES = { ca: 'kubernetes', etcdCa: 'etcd-ca', frontProxyCa: 'front-proxy-ca' };

/** A PKI that Terraform makes. Its keys never leave the state, save for the servers that need them. */
export class GeneratedPki extends Construct implements PkiMaterial {
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

  constructor(scope: Construct, id: string, tokenGeneration: number) {
    super(scope, id);
    defaultProvider(this, 'tls', (stack) => new TlsProvider(stack, 'tls'));
    defaultProvider(this, 'random', (stack) => new RandomProvider(stack, 'random'));

    const ca = this.authority('Ca', AUTHORITIES.ca);
    const etcdCa = this.authority('EtcdCa', AUTHORITIES.etcdCa);
    const frontProxyCa = this.authority('FrontProxyCa', AUTHORITIES.frontProxyCa);
    this.caCertificate = ca.certificate.certPem;
    this.caKey = ca.key.privateKeyPem;
    this.etcdCaCertificate = etcdCa.certificate.certPem;
    this.etcdCaKey = etcdCa.key.privateKeyPem;
    this.frontProxyCaCertificate = frontProxyCa.certificate.certPem;
    this.frontProxyCaKey = frontProxyCa.key.privateKeyPem;

    const serviceAccount = this.key('ServiceAccountKey', true);
    this.serviceAccountKey = serviceAccount.privateKeyPem;
    this.serviceAccountPublicKey = serviceAccount.publicKeyPem;

    const admin = this.key('AdminKey', false);
    const request = new CertRequest(this, 'AdminRequest', {
      privateKeyPem: admin.privateKeyPem,
      subject: [{ commonName: 'kubernetes-admin', organization: 'kubeadm:cluster-admins' }],
    });
    this.adminCertificate = new LocallySignedCert(this, 'AdminCertificate', {
      certRequestPem: request.certRequestPem,
      caCertPem: this.caCertificate,
      caPrivateKeyPem: this.caKey,
      allowedUses: ['digital_signature', 'client_auth'],
      validityPeriodHours: YEAR_HOURS,
      earlyRenewalHours: 30 * 24,
    }).certPem;
    this.adminKey = admin.privateKeyPem;

    const keepers = { generation: String(tokenGeneration) };
    const word = (name: string, length: number) => new Password(this, name, { length, upper: false, special: false, keepers }).result;
    this.bootstrapToken = `${word('TokenId', 6)}.${word('TokenSecret', 16)}`;
  }

  public encryptionKey(name: string): string {
    // What a key has encrypted can be read with nothing else: it is never made anew.
    return new Bytes(this, `EncryptionKey-${name}`, { length: 32, lifecycle: { ignoreChanges: 'all' } }).base64;
  }

  private authority(name: string, commonName: string): { readonly key: PrivateKey; readonly certificate: SelfSignedCert } {
    const key = this.key(`${name}Key`, true);
    const certificate = new SelfSignedCert(this, `${name}Certificate`, {
      privateKeyPem: key.privateKeyPem,
      subject: [{ commonName }],
      isCaCertificate: true,
      allowedUses: ['digital_signature', 'key_encipherment', 'cert_signing'],
      validityPeriodHours: 10 * YEAR_HOURS,
      lifecycle: { ignoreChanges: 'all' },
    });
    return { key, certificate };
  }

  /** A key on which a cluster stands must never be replaced because a later version of this library would make it otherwise. */
  private key(name: string, forGood: boolean): PrivateKey {
    return new PrivateKey(this, name, { algorithm: 'ECDSA', ecdsaCurve: 'P256', ...(forGood && { lifecycle: { ignoreChanges: 'all' } }) });
  }
}
