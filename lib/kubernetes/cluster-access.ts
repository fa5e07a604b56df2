import { Fn } from 'cdktf';
import { Construct } from 'constructs';
import { kubeconfig } from './bootstrap/kubeadm-config';
import { PkiMaterial } from './bootstrap/pki-material';
import { yamlText } from './bootstrap/yaml-text';
import { ClusterAccess } from '../contracts/kubernetes-cluster';
import { TemplateText } from '../core/template-text';

/** How the administrator logs in to a cluster. */
export function clusterAccess(scope: Construct, clusterName: string, host: string, tlsServerName: string, pki: PkiMaterial): ClusterAccess {
  const ca = Fn.base64encode(pki.caCertificate);
  const document = kubeconfig(clusterName, { server: host, 'tls-server-name': tlsServerName }, ca, 'kubernetes-admin', {
    'client-certificate-data': Fn.base64encode(pki.adminCertificate),
    'client-key-data': Fn.base64encode(pki.adminKey),
  });
  return {
    host,
    tlsServerName,
    clusterCaCertificate: pki.caCertificate,
    clientCertificate: pki.adminCertificate,
    clientKey: pki.adminKey,
    rawConfig: new TemplateText(scope, 'Kubeconfig', { parts: [yamlText(document)] }).value,
  };
}
