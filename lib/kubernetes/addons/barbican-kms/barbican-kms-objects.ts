import { stringify } from 'yaml';
import { CONTROL_PLANE_LABEL } from '../private/cloud-provider-openstack';

/** Where the plugin's socket is on a control-plane node. */
const SOCKET_FOLDER = '/var/lib/kms';

/** How the API server encrypts Secrets: by the plugin's second API; what was written before there was a plugin can still be read. */
export function encryptionConfiguration(): string {
  return stringify({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'EncryptionConfiguration',
    resources: [
      {
        resources: ['secrets'],
        providers: [{ kms: { apiVersion: 'v2', name: 'barbican', endpoint: `unix://${SOCKET_FOLDER}/kms.sock`, timeout: '10s' } }, { identity: {} }],
      },
    ],
  });
}

/** The plugin beside an API server: root, for the socket's folder is root's; nothing else of the node is its. */
export function barbicanKmsPod(props: { readonly image: string; readonly secretName: string; readonly checksum: string }) {
  return {
    metadata: { labels: { 'app.kubernetes.io/name': 'barbican-kms' }, annotations: { 'checksum/cloud-config': props.checksum } },
    spec: {
      hostNetwork: true,
      dnsPolicy: 'Default',
      automountServiceAccountToken: false,
      priorityClassName: 'system-node-critical',
      nodeSelector: { [CONTROL_PLANE_LABEL]: '' },
      tolerations: [{ operator: 'Exists' }],
      containers: [
        {
          name: 'barbican-kms',
          image: props.image,
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
        { name: 'cloud-config', secret: { secretName: props.secretName } },
        { name: 'socket', hostPath: { path: SOCKET_FOLDER, type: 'DirectoryOrCreate' } },
      ],
    },
  };
}
