/** What a cluster's controllers make in OpenStack, by the names, descriptions and metadata that they give: made here by the SDK. */
import type { Cloud } from '../harness/cloud';

/** Clusters, by the subnet that their load balancers are in. */
export interface Owners {
  /** By the cluster's name: Neutron's id of the subnet. */
  readonly balancers: { readonly [cluster: string]: string };
  /** Everything but load balancers, for these clusters. */
  readonly others: readonly string[];
  /** A load balancer of the first cluster that the second uses, too, and its subnet. */
  readonly shared: { readonly owner: string; readonly user: string; readonly subnetId: string };
  /** Name of the external network. */
  readonly external: string;
}

/** What was made: kind and name, each with its id, by the cluster that it is of. */
export type Leftovers = { readonly [cluster: string]: { readonly [thing: string]: string } };

/** The cloud controller's names are in pkg/openstack/loadbalancer.go of cloud-provider-openstack, the CSI driver's metadata in pkg/csi/cinder. */
export async function leave(cloud: Cloud, owners: Owners): Promise<Leftovers> {
  return JSON.parse(
    await cloud.python(`
owners = json.loads('''${JSON.stringify(owners)}''')
made = {}
external = cloud.network.find_network(owners['external'])
for cluster in [*owners['balancers'], *owners['others']]:
    made[cluster] = mine = {}
    name = f'kube_service_{cluster}_default_web'
    lb = None
    if cluster in owners['balancers']:
        lb = cloud.load_balancer.create_load_balancer(name=name, vip_subnet_id=owners['balancers'][cluster], tags=[name], description='Kubernetes external service default/web from cluster ' + cluster)
        mine['load balancer ' + name] = lb.id
    port = {'port_id': lb.vip_port_id} if lb else {}
    ip = cloud.network.create_ip(floating_network_id=external.id, description='Floating IP for Kubernetes external service default/web from cluster ' + cluster, **port)
    mine['floating IP ' + ip.floating_ip_address] = ip.id
    group = cloud.network.create_security_group(name=f'lb-sg-0c6b1e5e-{cluster}-default-web', description='Security Group for default/web Service LoadBalancer in cluster ' + cluster)
    mine['security group ' + group.name] = group.id
    metadata = {'cinder.csi.openstack.org/cluster': cluster}
    volume = cloud.block_storage.create_volume(size=1, name='pvc-1d4f-' + cluster, metadata=metadata)
    cloud.block_storage.wait_for_status(volume, 'available', ['error'], 1, 60)
    mine['volume ' + volume.name] = volume.id
    snapshot = cloud.block_storage.create_snapshot(volume_id=volume.id, name='snapshot-1d4f-' + cluster, metadata=metadata)
    cloud.block_storage.wait_for_status(snapshot, 'available', ['error'], 1, 60)
    mine['snapshot ' + snapshot.name] = snapshot.id
shared = owners['shared']
name = f"kube_service_{shared['owner']}_default_shared"
lb = cloud.load_balancer.create_load_balancer(name=name, vip_subnet_id=shared['subnetId'], tags=[name, f"kube_service_{shared['user']}_default_web"])
made.setdefault('shared', {})['load balancer ' + name] = lb.id
for each in cloud.load_balancer.load_balancers():
    if each.name.startswith('kube_service_'):
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
