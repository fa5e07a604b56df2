import { ClusterCloud } from '../../../contracts/kubernetes-cluster';
import { Where } from '../../../core/validation';
import { KMS_SOCKET_FOLDER } from '../../bootstrap/security-files';
import { renderCloudConf } from '../cloud-config/cloud-conf';
import { CONTROL_PLANE_LABEL } from '../private/cloud-provider-openstack';

export const NAME = 'barbican-kms';
export const NAMESPACE = 'kube-system';

/** The plugin's image, of the release of cloud-provider-openstack. */
export function barbicanKmsImage(release: string): string {
  return `registry.k8s.io/provider-os/barbican-kms-plugin:${release}`;
}

/** The plugin's cloud.conf. `ca.crt` lies beside it, if the cloud has a CA of its own. */
export function barbicanCloudConf(where: Where, { cloud, credential }: Pick<ClusterCloud, 'cloud' | 'credential'>, keyId: string): string {
  return renderCloudConf(where, [
    {
      name: 'Global',
      values: {
        'auth-url': cloud.authUrl,
        region: cloud.region,
        'application-credential-id': credential.applicationCredentialId,
        'application-credential-secret': credential.applicationCredentialSecret,
        'ca-file': cloud.caCertificatePem === undefined ? undefined : '/etc/config/ca.crt',
      },
    },
    { name: 'KeyManager', values: { 'key-id': keyId } },
  ]);
}

/** What the plugin is beside an API server: root, for the socket's folder is root's; nothing else of the node is its. */
function podSpec(image: string, cloudConfig: object) {
  return {
    hostNetwork: true,
    dnsPolicy: 'Default',
    automountServiceAccountToken: false,
    priorityClassName: 'system-node-critical',
    containers: [
      {
        name: NAME,
        image,
        args: ['/bin/barbican-kms-plugin', '--socketpath=/kms/kms.sock', '--cloud-config=/etc/config/cloud.conf'],
        resources: { requests: { cpu: '50m', memory: '64Mi' } },
        securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
        livenessProbe: {
          exec: { command: ['ls', '/kms/kms.sock'] },
          initialDelaySeconds: 10,
          timeoutSeconds: 10,
          periodSeconds: 60,
          failureThreshold: 5,
        },
        volumeMounts: [
          { name: 'cloud-config', mountPath: '/etc/config', readOnly: true },
          { name: 'socket', mountPath: '/kms' },
        ],
      },
    ],
    volumes: [
      { name: 'cloud-config', ...cloudConfig },
      { name: 'socket', hostPath: { path: KMS_SOCKET_FOLDER, type: 'DirectoryOrCreate' } },
    ],
  };
}

/** The plugin as a pod of a DaemonSet. */
export function barbicanKmsPod(props: { readonly image: string; readonly secretName: string; readonly checksum: string }) {
  return {
    metadata: { labels: { 'app.kubernetes.io/name': NAME }, annotations: { 'checksum/cloud-config': props.checksum } },
    spec: {
      ...podSpec(props.image, { secret: { secretName: props.secretName } }),
      nodeSelector: { [CONTROL_PLANE_LABEL]: '' },
      tolerations: [{ operator: 'Exists' }],
    },
  };
}

/** The plugin as a static pod, with its cloud.conf in a folder of the node: it starts without any API server. */
export function barbicanKmsStaticPod(image: string, folder: string) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: NAME, namespace: NAMESPACE, labels: { 'app.kubernetes.io/name': NAME } },
    spec: podSpec(image, { hostPath: { path: folder, type: 'Directory' } }),
  };
}
