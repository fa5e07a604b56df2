import { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { authoritiesMark, authoritiesOf, isFirstAuthority } from './authority-generations';
import { ClusterSettings } from './bootstrap/kubeadm-config';
import { ApiAddresses } from './bootstrap/node-files';
import { PkiMaterial } from './bootstrap/pki-material';
import { CheckedCluster } from './cluster-checks';
import { nodeRanges } from './cluster-ranges';
import { AUTHORITIES_OF_WORKER } from './control-plane-rolls';
import { workerCloudConfig } from './node-cloud-config';
import { nodeLabels, nodeTaints } from './node-labels';
import { PodPorts } from './pod-ports';
import { gpuMarks, hugePageFiles, volumeFiles } from './pools/worker-extras';
import { sharedText } from './shared-text';
import { WorkerPoolProps } from './worker-pool';
import { zonesByName } from './zones';
import { IClusterNetwork } from '../contracts/cluster-network';
import { NodeImage } from '../contracts/node-image';
import { ServerGroupPolicy } from '../nova/server-group-policy';
import { ServerPool } from '../nova/server-pool';

/** What all pools of a cluster have in common. */
export interface WorkersProps {
  readonly cluster: CheckedCluster & { readonly nodeImage: NodeImage };
  readonly network: IClusterNetwork;
  readonly securityGroupId: string;
  readonly settings: ClusterSettings;
  readonly pki: PkiMaterial;
  readonly addresses: ApiAddresses;
  readonly podPorts: PodPorts;
  /**
   * The certificates of the cloud's own authority, as `cloudAuthority` gives them.
   * @default - it names none
   */
  readonly cloudCertificates?: string;
  /** What the servers must go before. */
  readonly dependsOn: ITerraformDependable[];
  readonly tags: string[];
}

/** Makes a pool of workers in the cluster. */
export function workerPool(scope: Construct, pool: WorkerPoolProps, props: WorkersProps): ServerPool {
  const { cluster, network, settings, pki, addresses } = props;
  const what = `workerPools.${pool.name}`;
  const authorities = authoritiesOf(cluster);
  const gpu = gpuMarks(scope, `${what}.gpu`, pool.gpu);
  const worker = {
    // the drainer knows this cluster's own workers by it
    labels: { ...nodeLabels(scope, `${what}.labels`, { ...gpu.labels, ...pool.labels }), 'strata/pool': pool.name },
    taints: nodeTaints(scope, `${what}.taints`, [...gpu.taints, ...(pool.taints ?? [])]),
  };
  const files = [...volumeFiles(scope, `${what}.volumes`, pool.volumes), ...hugePageFiles(scope, `${what}.hugePages`, pool.hugePages, pool.flavor)];
  const context = {
    cluster,
    settings,
    addresses,
    nodeCidr: nodeRanges(network),
    image: pool.nodeImage ?? cluster.nodeImage,
    cloudCertificates: props.cloudCertificates,
  };
  const cloudConfig = workerCloudConfig(scope, what, context, pki.caCertificate, worker, pool, files);
  return new ServerPool(scope, `workers-${pool.name}`, {
    name: `${cluster.clusterName}-${pool.name}`,
    replicas: pool.replicas,
    network,
    flavor: pool.flavor,
    image: pool.nodeImage ?? cluster.nodeImage,
    zones: zonesByName(scope, `${what}.zones`, cluster.cloud.zones, pool.zones),
    securityGroupIds: [props.securityGroupId, ...(pool.securityGroupIds ?? [])],
    userData: sharedText(scope, `workers-${pool.name}-cloud-config`, cloudConfig).base64Gzip,
    serverGroupPolicy: pool.serverGroupPolicy ?? ServerGroupPolicy.SOFT_ANTI_AFFINITY, // a pool grows beyond the number of hypervisors
    resizeInPlace: false, // it would stop all of them at once
    generation: pool.generation,
    metadata: {
      ...pool.metadata,
      'kubernetes-version': cluster.version.version,
      ...(!isFirstAuthority(authorities) && { [AUTHORITIES_OF_WORKER]: authoritiesMark(authorities) }),
    },
    settledMetadata: true,
    dependsOn: props.dependsOn,
    rootVolume: pool.rootVolume,
    volumes: pool.volumes?.map(({ name, sizeGib, type }) => ({ name, sizeGib, type })),
    additionalPorts: pool.additionalPorts,
    vnicType: pool.vnicType,
    bindingProfile: pool.bindingProfile,
    configDrive: pool.configDrive ?? cluster.configDrive,
    stopBeforeDestroy: cluster.drain?.isEnabled === false, // the kubelet ends the pods when the node shuts down
    keyPairName: cluster.keyPairName,
    ...props.podPorts,
    trunk: pool.trunk || props.podPorts.trunk,
    allowedAddressPairs: [...(props.podPorts.allowedAddressPairs ?? []), ...(pool.allowedAddressPairs ?? [])],
    tags: props.tags,
  });
}
