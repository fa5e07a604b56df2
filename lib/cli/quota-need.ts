/** A flavor, as Nova lists it. */
export interface FlavorSize {
  readonly id: string;
  readonly name: string;
  readonly vcpus: number;
  /** MiB. */
  readonly ram: number;
}

/** As much of `terraform show -json <plan>` as is looked at here. */
export interface TerraformPlan {
  readonly resource_changes?: readonly {
    readonly address: string;
    readonly mode: string;
    readonly type: string;
    readonly change: { readonly actions: readonly string[]; readonly before: any; readonly after: any };
  }[];
}

/** What a plan takes of a project's quotas, each by its service and the service's own name of it: "Nova: cores". */
export interface QuotaNeed {
  readonly needs: { readonly [quota: string]: number };
  /** Servers whose flavor the cloud doesn't list: their processors and memory aren't in the sum. */
  readonly unsized: readonly string[];
}

type Takes = { [quota: string]: number };

/** What one of a kind takes. A virtual address of a load balancer and an interface of a router are ports, too. */
const TAKES: { readonly [type: string]: (values: any) => Takes } = {
  openstack_compute_instance_v2: () => ({ 'Nova: instances': 1 }),
  openstack_compute_servergroup_v2: () => ({ 'Nova: server_groups': 1 }),
  openstack_blockstorage_volume_v3: ({ size, volume_type: type }) => ofVolume(1, size ?? 0, type),
  openstack_networking_network_v2: () => ({ 'Neutron: network': 1 }),
  openstack_networking_subnet_v2: () => ({ 'Neutron: subnet': 1 }),
  openstack_networking_subnetpool_v2: () => ({ 'Neutron: subnetpool': 1 }),
  openstack_networking_router_v2: () => ({ 'Neutron: router': 1 }),
  openstack_networking_router_interface_v2: ({ port_id: port }) => ({ 'Neutron: port': port ? 0 : 1 }),
  openstack_networking_port_v2: () => ({ 'Neutron: port': 1 }),
  openstack_networking_trunk_v2: () => ({ 'Neutron: trunk': 1 }),
  openstack_networking_floatingip_v2: () => ({ 'Neutron: floatingip': 1 }),
  openstack_networking_secgroup_v2: () => ({ 'Neutron: security_group': 1 }),
  openstack_networking_secgroup_rule_v2: () => ({ 'Neutron: security_group_rule': 1 }),
  openstack_lb_loadbalancer_v2: () => ({ 'Octavia: load_balancer': 1, 'Neutron: port': 1 }),
  openstack_lb_listener_v2: () => ({ 'Octavia: listener': 1 }),
  openstack_lb_pool_v2: () => ({ 'Octavia: pool': 1 }),
  openstack_lb_monitor_v2: () => ({ 'Octavia: health_monitor': 1 }),
  openstack_lb_member_v2: () => ({ 'Octavia: member': 1 }),
  openstack_lb_members_v2: ({ member }) => ({ 'Octavia: member': member?.length ?? 0 }),
};

function ofVolume(volumes: number, gib: number, type: string | undefined): Takes {
  const all = { 'Cinder: volumes': volumes, 'Cinder: gigabytes': gib };
  return type ? { ...all, [`Cinder: volumes_${type}`]: volumes, [`Cinder: gigabytes_${type}`]: gib } : all;
}

/**
 * What is made besides what is there, and what grows in place. A replacement that comes before its predecessor goes needs room for both; one that comes after it needs none. What a plan
 * removes isn't counted as room: nothing says that it goes in time.
 */
export function quotaNeed(plan: TerraformPlan, flavors: readonly FlavorSize[]): QuotaNeed {
  const needs: Takes = {};
  const unsized: string[] = [];
  const add = (takes: Takes) => {
    for (const [quota, count] of Object.entries(takes)) if (count > 0) needs[quota] = (needs[quota] ?? 0) + count;
  };
  for (const { address, mode, type, change } of plan.resource_changes ?? []) {
    const { actions, before, after } = change;
    if (mode !== 'managed' || TAKES[type] === undefined) continue;
    const isGrowth = actions[0] === 'update';
    if (!isGrowth && actions[0] !== 'create') continue;
    const takes = (values: any): Takes | undefined => {
      if (type !== 'openstack_compute_instance_v2') return TAKES[type](values);
      const flavor = flavors.find(({ id, name }) => (values.flavor_id ? id === values.flavor_id : name === values.flavor_name));
      return flavor && { ...TAKES[type](values), 'Nova: cores': flavor.vcpus, 'Nova: ram': flavor.ram };
    };
    const [had, has] = [isGrowth ? takes(before) : {}, takes(after)];
    if (had === undefined || has === undefined) {
      unsized.push(address);
      if (!isGrowth) add(TAKES[type](after));
    } else {
      add(Object.fromEntries(Object.entries(has).map(([quota, count]) => [quota, count - (had[quota] ?? 0)])));
    }
  }
  return { needs, unsized };
}
