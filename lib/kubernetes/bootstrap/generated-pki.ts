import { Bytes } from '@cdktf/provider-random/lib/bytes';
import { Password } from '@cdktf/provider-random/lib/password';
import { RandomProvider } from '@cdktf/provider-random/lib/provider';
import { CertRequest } from '@cdktf/provider-tls/lib/cert-request';
import { LocallySignedCert } from '@cdktf/provider-tls/lib/locally-signed-cert';
import { PrivateKey } from '@cdktf/provider-tls/lib/private-key';
import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import { SelfSignedCert } from '@cdktf/provider-tls/lib/self-signed-cert';
import { Construct } from 'constructs';
import { pemBundle, PkiMaterial } from './pki-material';
import { defaultProvider } from '../../core/default-provider';
import { FIRST_AUTHORITY } from '../authority-generations';

const YEAR_HOURS = 8760;
/** kubeadm's own names. */
const AUTHORITIES = { ca: 'kubernetes', etcdCa: 'etcd-ca', frontProxyCa: 'front-proxy-ca' };

/** A PKI that Terraform makes. Its keys never leave the state, save for the servers that need them. */
export class GeneratedPki extends Construct implements PkiMaterial {
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

  constructor(scope: Construct, id: string, tokenGeneration: number, authorities: readonly string[]) {
    super(scope, id);
    defaultProvider(this, 'tls', (stack) => new TlsProvider(stack, 'tls'));
    defaultProvider(this, 'random', (stack) => new RandomProvider(stack, 'random'));

    const cas = authorities.map((generation) => this.authority('Ca', AUTHORITIES.ca, generation));
    const etcdCas = authorities.map((generation) => this.authority('EtcdCa', AUTHORITIES.etcdCa, generation));
    const frontProxyCas = authorities.map((generation) => this.authority('FrontProxyCa', AUTHORITIES.frontProxyCa, generation));
    this.caCertificate = pemBundle(cas.map((ca) => ca.certificate.certPem));
    this.signingCaCertificate = cas[0].certificate.certPem;
    this.caKey = cas[0].key.privateKeyPem;
    this.etcdCaCertificate = pemBundle(etcdCas.map((ca) => ca.certificate.certPem));
    this.etcdCaKey = etcdCas[0].key.privateKeyPem;
    this.frontProxyCaCertificate = pemBundle(frontProxyCas.map((ca) => ca.certificate.certPem));
    this.frontProxyCaKey = frontProxyCas[0].key.privateKeyPem;

    const serviceAccounts = authorities.map((generation) => this.key(ofGeneration('ServiceAccountKey', generation), true));
    this.serviceAccountKey = serviceAccounts[0].privateKeyPem;
    this.serviceAccountPublicKey = pemBundle(serviceAccounts.map((key) => key.publicKeyPem));

    const admin = this.key('AdminKey', false);
    const request = new CertRequest(this, 'AdminRequest', {
      privateKeyPem: admin.privateKeyPem,
      subject: [{ commonName: 'kubernetes-admin', organization: 'kubeadm:cluster-admins' }],
    });
    this.adminCertificate = new LocallySignedCert(this, 'AdminCertificate', {
      certRequestPem: request.certRequestPem,
      caCertPem: this.signingCaCertificate,
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

  private authority(name: string, commonName: string, generation: string): { readonly key: PrivateKey; readonly certificate: SelfSignedCert } {
    const key = this.key(ofGeneration(`${name}Key`, generation), true);
    const certificate = new SelfSignedCert(this, ofGeneration(`${name}Certificate`, generation), {
      privateKeyPem: key.privateKeyPem,
      // two of one name would be known apart by their keys alone, which not every program looks at
      subject: [{ commonName: ofGeneration(commonName, generation) }],
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

/** The first generation has the names of a cluster that never replaced its authorities. */
function ofGeneration(name: string, generation: string): string {
  return generation === FIRST_AUTHORITY ? name : `${name}-${generation}`;
}
