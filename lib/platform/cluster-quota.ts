import { clusterNeed } from './cluster-need';
import { ClusterOptions } from '../kubernetes/cluster-options';
import { ProjectQuota } from '../openstack/foundation/project';

/** What a project may have besides what the cluster itself takes, for what its controllers and its users make. */
const HEADROOM = {
  /** Volumes of claims, and their size. */
  volumes: 200,
  volumeGib: 10_000,
  /** Services of type LoadBalancer, each with a port, a floating IP and, on some clouds, a security group. */
  services: 50,
};

/**
 * The limits of a project that holds one cluster. Workers are made before their predecessors go, so there is room for every pool twice.
 * Where the size of a flavor isn't known, compute stays at the cloud's default. Neutron's own defaults of 10 security groups and 100 rules are too low
 * for a cluster with services.
 */
export function clusterQuota({ controlPlane, workerPools }: ClusterOptions): ProjectQuota {
  const workers = workerPools.map(({ replicas, flavor }) => ({ count: 2 * replicas, flavor }));
  const compute = clusterNeed([{ count: controlPlane.replicas, flavor: controlPlane.flavor }, ...workers]);
  const rootVolumesGib = [
    { replicas: controlPlane.replicas, rootVolume: controlPlane.rootVolume },
    ...workerPools.map((pool) => ({ ...pool, replicas: 2 * pool.replicas })),
  ].reduce((total, { replicas, rootVolume }) => total + replicas * (rootVolume?.sizeGib ?? 0), 0);
  const servers = controlPlane.replicas + workers.reduce((total, { count }) => total + count, 0);
  const { volumes, volumeGib, services } = HEADROOM;
  return {
    ...(compute !== undefined && { instances: compute.servers, cores: compute.vcpus, memoryMib: compute.memoryMib }),
    serverGroups: 2 * (workerPools.length + 1),
    serverGroupMembers: servers,
    volumes: controlPlane.replicas + servers + volumes,
    volumeGib: controlPlane.replicas * (controlPlane.etcdVolume?.sizeGib ?? 20) + rootVolumesGib + volumeGib,
    networks: 5,
    subnets: 10,
    routers: 5,
    ports: servers + 4 * services,
    floatingIps: services + 1,
    securityGroups: services + 20,
    securityGroupRules: 10 * services + 200,
    loadBalancers: services + 1,
  };
}
