import { CertRequest } from '@cdktf/provider-tls/lib/cert-request';
import { LocallySignedCert } from '@cdktf/provider-tls/lib/locally-signed-cert';
import { PrivateKey } from '@cdktf/provider-tls/lib/private-key';
import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import { SelfSignedCert } from '@cdktf/provider-tls/lib/self-signed-cert';
import { Construct } from 'constructs';
import { defaultProvider } from '../../../core/default-provider';

const YEAR_HOURS = 8760;

/** Properties of EndpointCertificate. */
export interface EndpointCertificateProps {
  /** The certificate is for every name directly below it. */
  readonly domain: string;
}

/** A certificate of the public APIs, from a CA of its own. It is made anew by the first apply within its last 60 days; the CA stays for ten years. */
export class EndpointCertificate extends Construct {
  public readonly caCertificate: string;
  /** The certificate with its CA's, PEM. */
  public readonly chain: string;
  public readonly key: string;

  constructor(scope: Construct, id: string, { domain }: EndpointCertificateProps) {
    super(scope, id);
    defaultProvider(this, 'tls', (stack) => new TlsProvider(stack, 'tls'));
    const kept = { lifecycle: { ignoreChanges: 'all' as const } };
    const caKey = new PrivateKey(this, 'CaKey', { algorithm: 'ECDSA', ecdsaCurve: 'P256', ...kept });
    const ca = new SelfSignedCert(this, 'Ca', {
      privateKeyPem: caKey.privateKeyPem,
      subject: [{ commonName: `OpenStack ${domain}`.slice(0, 64) }],
      isCaCertificate: true,
      allowedUses: ['digital_signature', 'cert_signing', 'crl_signing'],
      validityPeriodHours: 10 * YEAR_HOURS,
      ...kept,
    });
    const key = new PrivateKey(this, 'Key', { algorithm: 'ECDSA', ecdsaCurve: 'P256' });
    const request = new CertRequest(this, 'Request', {
      privateKeyPem: key.privateKeyPem,
      dnsNames: [`*.${domain}`],
      subject: [{ organization: 'OpenStack' }],
    });
    const certificate = new LocallySignedCert(this, 'Certificate', {
      certRequestPem: request.certRequestPem,
      caCertPem: ca.certPem,
      caPrivateKeyPem: caKey.privateKeyPem,
      allowedUses: ['digital_signature', 'server_auth'],
      validityPeriodHours: YEAR_HOURS,
      earlyRenewalHours: 60 * 24,
    });
    this.caCertificate = ca.certPem;
    this.chain = `${certificate.certPem}${ca.certPem}`;
    this.key = key.privateKeyPem;
  }
}
