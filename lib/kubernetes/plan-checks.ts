import { Precondition, TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { CheckedCluster } from './cluster-checks';
import { AvailabilityZone } from '../contracts/openstack-cloud';
import { address, attributeAddress } from '../core/replacement';
import { isKnown } from '../core/validation';
import { flavorData } from '../nova/private/lookups';
import { BlockstorageVolumeV3 } from '../providers/openstack/blockstorage-volume-v3';
import { DataOpenstackBlockstorageAvailabilityZonesV3 } from '../providers/openstack/data-openstack-blockstorage-availability-zones-v3';
import { DataOpenstackBlockstorageQuotasetV3 } from '../providers/openstack/data-openstack-blockstorage-quotaset-v3';
import { DataOpenstackComputeAvailabilityZonesV2 } from '../providers/openstack/data-openstack-compute-availability-zones-v2';
import { DataOpenstackComputeQuotasetV2 } from '../providers/openstack/data-openstack-compute-quotaset-v2';
import { DataOpenstackNetworkingQuotaV2 } from '../providers/openstack/data-openstack-networking-quota-v2';

/** What a cluster needs of its project, as terms that Terraform adds up. */
interface Need {
  readonly quota: string;
  readonly what: string;
  readonly terms: readonly (string | number)[];
}

/**
 * Conditions under which a plan of the cluster can be applied at all: everything that it makes fits into the project's limits, and its zones exist. Needs are
 * held against limits, not against what is free: of that the cluster's own parts are a part, from its second plan on. What a roll of workers takes for a while
 * besides isn't counted: a cluster that fills its quota must be able to plan.
 *
 * @param scope where the lookups go
 * @param cluster the construct whose resources are counted
 */
export function planChecks(
  scope: Construct,
  cluster: Construct,
  props: CheckedCluster,
  zones: readonly AvailabilityZone[],
  projectId: string,
): Precondition[] {
  return [...zoneChecks(scope, cluster, zones), ...((props.checkQuota ?? true) ? quotaChecks(scope, cluster, props, projectId) : [])];
}

function zoneChecks(scope: Construct, cluster: Construct, zones: readonly AvailabilityZone[]): Precondition[] {
  const path = cluster.node.path;
  const check = (service: string, names: string, wanted: readonly string[]): Precondition[] =>
    [...new Set(wanted)].map((zone) => ({
      condition: `\${contains(${names}, "${zone}")}`,
      errorMessage: `${path}: ${service} has no zone ${zone}, it has \${join(", ", ${names})}; give the zones of the cloud as ${service} names them`,
    }));
  const nova = new DataOpenstackComputeAvailabilityZonesV2(scope, 'ComputeZones', {});
  const cinder = new DataOpenstackBlockstorageAvailabilityZonesV3(scope, 'VolumeZones', {});
  return [
    ...check(
      'Nova',
      attributeAddress(nova, 'names'),
      zones.map((zone) => zone.compute),
    ),
    ...check(
      'Cinder',
      attributeAddress(cinder, 'names'),
      zones.map((zone) => zone.volume),
    ),
  ];
}

function quotaChecks(scope: Construct, cluster: Construct, props: CheckedCluster, projectId: string): Precondition[] {
  const made = cluster.node.findAll().filter((node): node is TerraformResource => TerraformResource.isTerraformResource(node));
  const count = (type: string) => made.filter((resource) => resource.terraformResourceType === `openstack_${type}`).length;
  const { controlPlane, workerPools, bastion } = props;
  const kinds = [controlPlane, ...workerPools, ...(bastion === undefined ? [] : [{ replicas: 1, flavor: bastion.flavor }])];
  const sizes = kinds.map(({ replicas, flavor }) => ({ replicas, flavor: address(flavorData(cluster, flavor)) }));
  const volumes = made.filter((resource): resource is BlockstorageVolumeV3 => resource instanceof BlockstorageVolumeV3);
  const gib = volumes.map((volume) => (isKnown(volume.sizeInput) ? volume.sizeInput! : attributeAddress(volume, 'size')));

  const compute = new DataOpenstackComputeQuotasetV2(scope, 'ComputeQuota', { projectId });
  const volume = new DataOpenstackBlockstorageQuotasetV3(scope, 'VolumeQuota', { projectId });
  const network = new DataOpenstackNetworkingQuotaV2(scope, 'NetworkQuota', { projectId });
  const needs: Need[] = [
    { quota: attributeAddress(compute, 'instances'), what: 'servers (Nova: instances)', terms: [count('compute_instance_v2')] },
    {
      quota: attributeAddress(compute, 'cores'),
      what: 'virtual CPUs (Nova: cores)',
      terms: sizes.map(({ replicas, flavor }) => `${replicas} * ${flavor}.vcpus`),
    },
    {
      quota: attributeAddress(compute, 'ram'),
      what: 'MiB of memory (Nova: ram)',
      terms: sizes.map(({ replicas, flavor }) => `${replicas} * ${flavor}.ram`),
    },
    { quota: attributeAddress(compute, 'server_groups'), what: 'server groups (Nova: server_groups)', terms: [count('compute_servergroup_v2')] },
    {
      quota: attributeAddress(compute, 'server_group_members'),
      what: 'members of its largest server group (Nova: server_group_members)',
      terms: [Math.max(...kinds.map(({ replicas }) => replicas))],
    },
    { quota: attributeAddress(volume, 'volumes'), what: 'volumes (Cinder: volumes)', terms: [volumes.length] },
    { quota: attributeAddress(volume, 'gigabytes'), what: 'GiB of volumes (Cinder: gigabytes)', terms: known(gib) },
    {
      quota: attributeAddress(volume, 'per_volume_gigabytes'),
      what: 'GiB in its largest volume (Cinder: per_volume_gigabytes)',
      terms: gib.length === 0 ? [] : [`max(${[...new Set(gib)].join(', ')})`],
    },
    {
      quota: attributeAddress(network, 'port'),
      what: 'ports (Neutron: port)',
      // the load balancers' virtual addresses and the routers' interfaces have ports, too
      terms: [count('networking_port_v2') + count('lb_loadbalancer_v2') + count('networking_router_interface_v2')],
    },
    { quota: attributeAddress(network, 'network'), what: 'networks (Neutron: network)', terms: [count('networking_network_v2')] },
    { quota: attributeAddress(network, 'subnet'), what: 'subnets (Neutron: subnet)', terms: [count('networking_subnet_v2')] },
    { quota: attributeAddress(network, 'router'), what: 'routers (Neutron: router)', terms: [count('networking_router_v2')] },
    { quota: attributeAddress(network, 'floatingip'), what: 'floating IPs (Neutron: floatingip)', terms: [count('networking_floatingip_v2')] },
    {
      quota: attributeAddress(network, 'security_group'),
      what: 'security groups (Neutron: security_group)',
      terms: [count('networking_secgroup_v2')],
    },
    {
      quota: attributeAddress(network, 'security_group_rule'),
      what: 'security-group rules (Neutron: security_group_rule)',
      terms: [count('networking_secgroup_rule_v2')],
    },
  ];
  return needs
    .map(({ quota, what, terms }) => ({ quota, what, need: terms.join(' + ') }))
    .filter(({ need }) => need !== '' && need !== '0')
    .map(({ quota, what, need }) => ({
      condition: `\${${quota} < 0 || ${need} <= ${quota}}`, // -1 is without a limit
      errorMessage:
        `${cluster.node.path}: the cluster needs \${${need}} ${what}, and the project's limit is \${${quota}}; ` +
        'have the quota raised, or make the cluster smaller (checkQuota: false skips this)',
    }));
}

/** Numbers as one sum, references beside it. */
function known(terms: readonly (string | number)[]): (string | number)[] {
  const numbers = terms.filter((term): term is number => typeof term === 'number');
  return [numbers.reduce((sum, term) => sum + term, 0), ...terms.filter((term) => typeof term === 'string')];
}
