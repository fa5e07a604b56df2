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
export function clusterQuota({ controlPlane, workerPools, bastion }: ClusterOptions): ProjectQuota {
  const pools = workerPools.map((pool) => ({ ...pool, replicas: 2 * pool.replicas }));
  const gates = bastion === undefined ? [] : [{ ...bastion, replicas: 1 }];
  const kinds = [controlPlane, ...pools, ...gates];
  const sum = (terms: readonly number[]) => terms.reduce((total, term) => total + term, 0);
  const compute = clusterNeed(kinds.map(({ replicas, flavor }) => ({ count: replicas, flavor })));
  const servers = sum(kinds.map(({ replicas }) => replicas));
  const poolVolumes = pools.flatMap(({ replicas, volumes = [] }) => volumes.map(({ sizeGib }) => ({ count: replicas, sizeGib })));
  const nodeVolumes = [
    { count: controlPlane.replicas, sizeGib: controlPlane.etcdVolume?.sizeGib ?? 20 },
    ...kinds.map(({ replicas, rootVolume }) => ({ count: replicas, sizeGib: rootVolume?.sizeGib ?? 0 })),
    ...poolVolumes,
  ];
  const { volumes, volumeGib, services } = HEADROOM;
  return {
    ...(compute !== undefined && { instances: compute.servers, cores: compute.vcpus, memoryMib: compute.memoryMib }),
    serverGroups: 2 * (workerPools.length + 1),
    serverGroupMembers: servers,
    volumes: sum(nodeVolumes.map(({ count }) => count)) + volumes,
    volumeGib: sum(nodeVolumes.map(({ count, sizeGib }) => count * sizeGib)) + volumeGib,
    networks: 5,
    subnets: 10,
    routers: 5,
    // The API's address, and the one that remembers the rolls of the control plane, have ports of their own.
    ports: servers + sum(pools.map(({ replicas, additionalPorts = [] }) => replicas * additionalPorts.length)) + 2 + 4 * services,
    floatingIps: services + 1 + gates.length,
    securityGroups: services + 20,
    securityGroupRules: 10 * services + 200,
    loadBalancers: services + 1,
  };
}
