import { CertRequest } from '@cdktf/provider-tls/lib/cert-request';
import { LocallySignedCert } from '@cdktf/provider-tls/lib/locally-signed-cert';
import { PrivateKey } from '@cdktf/provider-tls/lib/private-key';
import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import { Construct } from 'constructs';
import { PkiMaterial } from './bootstrap/pki-material';
import { KeystoneUsers } from './cluster-security';
import { KeystoneWebhook } from '../contracts/kubernetes-cluster';
import { Cidr } from '../core/cidr';
import { checkAddress, checkInside } from '../core/cidr-checks';
import { defaultProvider } from '../core/default-provider';

const YEAR_HOURS = 8760;

/** Makes the certificate under which API servers know the webhook for users of OpenStack. They know its authority, so that it can be renewed without them. */
export function keystoneWebhook(cluster: Construct, id: string, options: KeystoneUsers, serviceCidr: string, pki: PkiMaterial): KeystoneWebhook {
  checkAddress(cluster, 'security.keystone.webhookAddress', options.webhookAddress);
  checkInside(cluster, 'security.keystone.webhookAddress', options.webhookAddress, serviceCidr);
  const address = options.webhookAddress ?? Cidr.of(serviceCidr).addressAt(11);
  const scope = new Construct(cluster, id);
  defaultProvider(scope, 'tls', (stack) => new TlsProvider(stack, 'tls'));
  const { privateKeyPem } = new PrivateKey(scope, 'Key', { algorithm: 'ECDSA', ecdsaCurve: 'P256' });
  const { certRequestPem } = new CertRequest(scope, 'Request', {
    privateKeyPem,
    subject: [{ commonName: 'k8s-keystone-auth' }],
    ipAddresses: [address],
  });
  const { certPem } = new LocallySignedCert(scope, 'Certificate', {
    certRequestPem,
    caCertPem: pki.signingCaCertificate,
    caPrivateKeyPem: pki.caKey,
    allowedUses: ['digital_signature', 'server_auth'],
    validityPeriodHours: 5 * YEAR_HOURS,
    earlyRenewalHours: YEAR_HOURS,
  });
  return { address, certificate: certPem, privateKey: privateKeyPem, authorizes: options.authorizes ?? false };
}
