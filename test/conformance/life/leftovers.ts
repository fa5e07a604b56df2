/** What a cluster's controllers make in OpenStack, by the names, descriptions and metadata that they give: made here by the SDK. */
import type { Cloud } from '../harness/cloud';

/** Clusters, by the subnet that their load balancers are in. */
export interface Owners {
  /** By the cluster's name: Neutron's id of the subnet. A load balancer of the first cluster has a floating IP of its user's. */
  readonly balancers: { readonly [cluster: string]: string };
  /** A load balancer of the first cluster that the second uses, too, and its subnet. */
  readonly shared: { readonly owner: string; readonly user: string; readonly subnetId: string };
  /** Name of the external network. */
  readonly external: string;
}

/** What was made: kind and name, each with its id, by the cluster that it is of; or by `user` or `shared`. */
export type Leftovers = { readonly [owner: string]: { readonly [thing: string]: string } };

/**
 * Names and descriptions are those of cloud-provider-openstack: of the cloud controller in pkg/openstack, of the ingress controller in pkg/ingress/controller;
 * the metadata those of its CSI driver in pkg/csi/cinder.
 */
export async function leave(cloud: Cloud, owners: Owners): Promise<Leftovers> {
  return JSON.parse(
    await cloud.python(`
import uuid
owners = json.loads('''${JSON.stringify(owners)}''')
made = {}
external = cloud.network.find_network(owners['external'])

def balancer(owner, name, subnet, **attributes):
    lb = cloud.load_balancer.create_load_balancer(name=name, vip_subnet_id=subnet, **attributes)
    made.setdefault(owner, {})['load balancer ' + name] = lb.id
    return lb.vip_port_id

def address(owner, port, description):
    ip = cloud.network.create_ip(floating_network_id=external.id, description=description, **({'port_id': port} if port else {}))
    made.setdefault(owner, {})['floating IP ' + ip.floating_ip_address] = ip.id

def group(owner, name, description):
    made[owner]['security group ' + name] = cloud.network.create_security_group(name=name, description=description).id

first = next(iter(owners['balancers']))
for cluster, subnet in owners['balancers'].items():
    suffix = ' from cluster ' + cluster
    name = f'kube_service_{cluster}_default_web'
    port = balancer(cluster, name, subnet, tags=[name], description='Kubernetes external service default/web' + suffix)
    address(cluster, port, 'Floating IP for Kubernetes external service default/web' + suffix)
    group(cluster, f'lb-sg-{uuid.uuid4()}-default-web', 'Security Group for default/web Service LoadBalancer in cluster ' + cluster)
    name = f'kube_ingress_{cluster}_default_site'
    described = 'Kubernetes Ingress site in namespace default' + suffix + ', version: 1'
    port = balancer(cluster, name, subnet, description=described) if cluster == first else None
    address(cluster, port, 'Floating IP for Kubernetes ingress site in namespace default' + suffix)
    group(cluster, name, 'Security group created for Ingress default/site' + suffix)
    metadata = {'cinder.csi.openstack.org/cluster': cluster}
    volume = cloud.block_storage.create_volume(size=1, name='pvc-1d4f-' + cluster, metadata=metadata)
    cloud.block_storage.wait_for_status(volume, 'available', ['error'], 1, 60)
    made[cluster]['volume ' + volume.name] = volume.id
    snapshot = cloud.block_storage.create_snapshot(volume_id=volume.id, name='snapshot-1d4f-' + cluster, metadata=metadata)
    cloud.block_storage.wait_for_status(snapshot, 'available', ['error'], 1, 60)
    made[cluster]['snapshot ' + snapshot.name] = snapshot.id
name = f'kube_service_{first}_default_given'
address('user', balancer(first, name, owners['balancers'][first], tags=[name]), 'ours, in the DNS')
shared = owners['shared']
name = f"kube_service_{shared['owner']}_default_shared"
port = balancer('shared', name, shared['subnetId'], tags=[name, f"kube_service_{shared['user']}_default_web"])
address('shared', port, f"Floating IP for Kubernetes external service default/shared from cluster {shared['owner']}")
for each in cloud.load_balancer.load_balancers():
    if each.name.startswith('kube_'):
        cloud.load_balancer.wait_for_load_balancer(each.id, 'ACTIVE', ['ERROR'], 1, 180)
print(json.dumps(made))`),
  );
}

/** The ids of what is still there of it. */
export async function remaining(cloud: Cloud, leftovers: Leftovers): Promise<Set<string>> {
  const there: string[] = JSON.parse(
    await cloud.python(`
print(json.dumps([x.id for found in (cloud.load_balancer.load_balancers(), cloud.network.ips(), cloud.network.security_groups(),
    cloud.block_storage.volumes(details=False, all_projects=True), cloud.block_storage.snapshots(details=False, all_projects=True)) for x in found
    if getattr(x, 'provisioning_status', None) != 'DELETED']))`),
  );
  const ids = new Set(Object.values(leftovers).flatMap((things) => Object.values(things)));
  return new Set(there.filter((id) => ids.has(id)));
}

/** Removes what no sweep was to remove. */
export async function remove(cloud: Cloud, leftovers: Leftovers): Promise<void> {
  await cloud.python(`
things = [(thing, id) for mine in json.loads('''${JSON.stringify(leftovers)}''').values() for thing, id in mine.items()]
for thing, id in sorted(things):
    if thing.startswith('load balancer'):
        if cloud.load_balancer.find_load_balancer(id):
            cloud.load_balancer.delete_load_balancer(id, cascade=True, ignore_missing=True)
    elif thing.startswith('floating IP'):
        cloud.network.delete_ip(id, ignore_missing=True)
    elif thing.startswith('security group'):
        cloud.network.delete_security_group(id, ignore_missing=True)
    elif thing.startswith('snapshot'):
        snapshot = cloud.block_storage.find_snapshot(id)
        if snapshot:
            cloud.block_storage.delete_snapshot(snapshot)
            cloud.block_storage.wait_for_delete(snapshot, 1, 60)
    else:
        cloud.block_storage.delete_volume(id, ignore_missing=True)
import time
balancers = {id for thing, id in things if thing.startswith('load balancer')}
deadline = time.time() + 120
while any(lb.id in balancers and lb.provisioning_status != 'DELETED' for lb in cloud.load_balancer.load_balancers()):
    if time.time() > deadline:
        raise Exception('load balancers are still there after 120 s')
    time.sleep(1)`);
}
