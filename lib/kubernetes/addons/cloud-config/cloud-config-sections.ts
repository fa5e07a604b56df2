import { Section } from './cloud-conf';
import {
  checkBlockStorage,
  checkGlobal,
  checkLoadBalancer,
  checkLoadBalancerClasses,
  checkMetadata,
  checkNetworking,
  MONITOR,
} from './cloud-config-checks';
import {
  CloudConfigBlockStorage,
  CloudConfigGlobal,
  CloudConfigKeyManager,
  CloudConfigLoadBalancer,
  CloudConfigLoadBalancerClass,
  CloudConfigMetadata,
  CloudConfigNetworking,
  CloudConfigRoute,
  DiskBus,
  LoadBalancerMethod,
} from './cloud-config-options';
import { storageTopology } from './storage-topology';
import { ClusterCloud } from '../../../contracts/kubernetes-cluster';
import { LoadBalancerProvider } from '../../../contracts/openstack-cloud';
import { check, Where } from '../../../core/validation';

/** The controllers' charts mount the Secret here. */
const MOUNT = '/etc/config';
export const CLOUD_CONF_FILE = 'cloud.conf';
export const CA_FILE = 'ca.crt';
export const CERTIFICATE_FILE = 'client.crt';
export const KEY_FILE = 'client.key';

/** What can be said of a cloud.conf. */
export interface CloudConfOptions {
  readonly global?: CloudConfigGlobal;
  readonly networking?: CloudConfigNetworking;
  readonly loadBalancer?: CloudConfigLoadBalancer;
  readonly loadBalancerClasses?: readonly CloudConfigLoadBalancerClass[];
  readonly blockStorage?: CloudConfigBlockStorage;
  readonly metadata?: CloudConfigMetadata;
  readonly route?: CloudConfigRoute;
  readonly keyManager?: CloudConfigKeyManager;
}

/** cloud.conf, and what it refers to. */
export interface CloudConf {
  readonly sections: readonly Section[];
  /** By the file's name. */
  readonly files: { readonly [name: string]: string };
}

/** What goes into the Secret of a cluster with such a cloud: the sections of cloud.conf, and the files that they name. */
export function cloudConfSections(where: Where, facts: ClusterCloud, props: CloudConfOptions): CloudConf {
  const { cloud, credential, externalNetworkId, subnetId } = facts;
  const { global = {}, networking = {}, loadBalancer = {}, loadBalancerClasses = [], blockStorage = {}, metadata = {} } = props;
  const provider = loadBalancer.provider ?? cloud.loadBalancerProvider;
  const ovn = provider === LoadBalancerProvider.OVN;
  const monitor = { ...MONITOR, ...loadBalancer.monitor };

  checkNetworking(where, networking);
  checkLoadBalancer(where, loadBalancer, provider);
  checkLoadBalancerClasses(where, loadBalancerClasses);
  checkBlockStorage(where, blockStorage);
  checkMetadata(where, metadata);
  checkGlobal(where, global);
  const ca = global.tlsInsecure ? undefined : (global.caCertificatePem ?? cloud.caCertificatePem);
  const certificate = global.clientCertificate;

  const sections: Section[] = [
    {
      name: 'Global',
      values: {
        'auth-url': cloud.authUrl,
        region: cloud.region,
        ...(global.authentication?._keys ?? {
          'application-credential-id': credential.applicationCredentialId,
          'application-credential-secret': credential.applicationCredentialSecret,
        }),
        'os-endpoint-type': global.endpointType,
        'ca-file': ca === undefined ? undefined : `${MOUNT}/${CA_FILE}`,
        'tls-insecure': global.tlsInsecure,
        'cert-file': certificate && `${MOUNT}/${CERTIFICATE_FILE}`,
        'key-file': certificate && `${MOUNT}/${KEY_FILE}`,
      },
    },
    {
      name: 'Networking',
      values: {
        'internal-network-name': networking.internalNetworkNames,
        'public-network-name': networking.publicNetworkNames,
        'address-sort-order': list(where, 'networking.addressSortOrder', networking.addressSortOrder),
        'ipv6-support-disabled': networking.ipv6SupportDisabled,
      },
    },
    {
      name: 'LoadBalancer',
      values: {
        enabled: loadBalancer.enabled ?? true,
        'lb-provider': provider,
        'lb-method': loadBalancer.method ?? (ovn ? LoadBalancerMethod.SOURCE_IP_PORT : LoadBalancerMethod.ROUND_ROBIN),
        'floating-network-id': loadBalancer.floatingNetworkId ?? externalNetworkId,
        'floating-subnet-id': loadBalancer.floatingSubnetId,
        'floating-subnet': loadBalancer.floatingSubnet,
        'floating-subnet-tags': list(where, 'loadBalancer.floatingSubnetTags', loadBalancer.floatingSubnetTags),
        'subnet-id': loadBalancer.networkId === undefined ? (loadBalancer.subnetId ?? subnetId) : undefined,
        'network-id': loadBalancer.networkId,
        'member-subnet-id': loadBalancer.memberSubnetId ?? (loadBalancer.networkId === undefined ? undefined : subnetId),
        'flavor-id': loadBalancer.flavorId,
        'availability-zone': loadBalancer.availabilityZone,
        'internal-lb': loadBalancer.internal,
        'create-monitor': loadBalancer.createMonitor ?? true,
        'monitor-delay': `${monitor.delaySeconds}s`,
        'monitor-timeout': `${monitor.timeoutSeconds}s`,
        'monitor-max-retries': monitor.maxRetries,
        'monitor-max-retries-down': monitor.maxRetriesDown,
        'manage-security-groups': loadBalancer.manageSecurityGroups,
        'max-shared-lb': loadBalancer.maxSharedLoadBalancers,
        'node-selector': labels(where, 'loadBalancer.nodeSelector', loadBalancer.nodeSelector),
        'enable-ingress-hostname': loadBalancer.enableIngressHostname,
        'default-tls-container-ref': loadBalancer.defaultTlsContainerRef,
        'container-store': loadBalancer.containerStore,
        'cascade-delete': loadBalancer.cascadeDelete,
        'ingress-hostname-suffix': loadBalancer.ingressHostnameSuffix,
        'provider-requires-serial-api-calls': loadBalancer.providerRequiresSerialApiCalls,
      },
    },
    ...loadBalancerClasses.map((kind) => ({
      name: 'LoadBalancerClass',
      subsection: kind.name,
      values: {
        'floating-network-id': kind.floatingNetworkId,
        'floating-subnet-id': kind.floatingSubnetId,
        'floating-subnet': kind.floatingSubnet,
        'floating-subnet-tags': list(where, `floatingSubnetTags of the load-balancer class ${kind.name}`, kind.floatingSubnetTags),
        'network-id': kind.networkId,
        'subnet-id': kind.subnetId,
        'member-subnet-id': kind.memberSubnetId,
      },
    })),
    {
      name: 'BlockStorage',
      values: {
        'node-volume-attach-limit': blockStorage.nodeVolumeAttachLimit ?? volumeAttachLimit(blockStorage.diskBus),
        'rescan-on-resize': blockStorage.rescanOnResize,
        'ignore-volume-az': blockStorage.ignoreVolumeAz ?? storageTopology(cloud.zones).ignoreVolumeAz,
        'ignore-volume-microversion': blockStorage.ignoreVolumeMicroversion,
      },
    },
    {
      name: 'Metadata',
      values: {
        'search-order': list(where, 'metadata.searchOrder', metadata.searchOrder),
        'request-timeout': metadata.requestTimeoutSeconds === undefined ? undefined : `${metadata.requestTimeoutSeconds}s`,
      },
    },
    { name: 'Route', values: { 'router-id': props.route?.routerId } },
    { name: 'KeyManager', values: { 'key-id': props.keyManager?.keyId } },
  ];
  return {
    sections,
    files: {
      ...(ca === undefined ? {} : { [CA_FILE]: ca }),
      ...(certificate === undefined ? {} : { [CERTIFICATE_FILE]: certificate.certificatePem, [KEY_FILE]: certificate.keyPem }),
    },
  };
}

/** Disks that a bus takes: letters from vda to vdz, and LUNs of a virtio-scsi controller. */
const DISKS: { readonly [bus in DiskBus]: number } = { [DiskBus.VIRTIO]: 26, [DiskBus.SCSI]: 256 };
/** The system's disk, and one to spare: a config drive, etcd's volume. */
const TAKEN = 2;

/** How many volumes a node takes beside its own disks. */
function volumeAttachLimit(bus: DiskBus = DiskBus.VIRTIO): number {
  return DISKS[bus] - TAKEN;
}

/** Several values in one, as the controllers take them: split at commas, spaces around them dropped. */
function list(where: Where, name: string, values: readonly string[] | undefined): string | undefined {
  if (values === undefined || values.length === 0) return undefined;
  for (const value of values) {
    check(where, value, (text) => !text.includes(',') && text.trim() === text && text !== '', {
      problem: `${name} must not be empty, have commas in them, or spaces around them: the controllers take them as one text`,
      fix: 'choose others',
    });
  }
  return values.join(',');
}

function labels(where: Where, name: string, values: { readonly [label: string]: string } | undefined): string | undefined {
  const entries = Object.entries(values ?? {});
  for (const [key, value] of entries) {
    check(where, key, (text) => /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/.test(text), {
      problem: `${name} has a key that can't be a label's`,
      fix: 'write it as on the nodes',
    });
    check(where, value, (text) => /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/.test(text), {
      problem: `${name}.${key} can't be a label's value`,
      fix: 'write it as on the nodes',
    });
  }
  return list(
    where,
    name,
    entries.map(([key, value]) => (value === '' ? key : `${key}=${value}`)),
  );
}
