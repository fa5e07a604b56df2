"""Prints everything that is in a cloud, as JSON: {kind: {id: description}}.

Seen with the administrator's eyes, over all projects. What changes by itself (states, times, usage) is left out, so that two
snapshots differ only by what somebody made, removed or changed.
"""
import json
import sys

import openstack

cloud = openstack.connect(cloud="lab")
everything = {}


def get(service, path, **headers):
    response = cloud.session.get(path, endpoint_filter={"service_type": service, "interface": "public"}, headers=headers, raise_exc=False)
    if response.status_code >= 400:
        sys.exit(f"GET {path} of {service}: {response.status_code} {response.text[:300]}")
    return response.json()


def collect(kind, service, path, key, *fields, id_field="id", **headers):
    """All pages of a collection; `fields` are what tells one from another to a reader, or what must not change."""
    found = everything.setdefault(kind, {})
    while path:
        page = get(service, path, **headers)
        for item in page[key]:
            item = item.get("keypair", item) if kind == "keypair" else item
            found[str(item[id_field])] = " ".join(f"{f}={item[f]}" for f in fields if item.get(f) not in (None, "", [], {}))
        links = page.get(f"{key}_links") or page.get("links") or []
        following = page.get("next") if isinstance(page.get("next"), str) else None
        if isinstance(links, list):
            following = following or next((link["href"] for link in links if link.get("rel") == "next"), None)
        path = following


# Identity
for kind, path, key in (("project", "projects", "projects"), ("user", "users", "users"), ("group", "groups", "groups"), ("role", "roles", "roles"),
                        ("domain", "domains", "domains"), ("region", "regions", "regions")):
    collect(kind, "identity", f"/{path}", key, "name", "enabled", "description")
collect("service", "identity", "/services", "services", "name", "type")
collect("endpoint", "identity", "/endpoints", "endpoints", "interface", "url")
assignments = everything.setdefault("role assignment", {})
for a in get("identity", "/role_assignments")["role_assignments"]:
    who = a.get("user") or a.get("group")
    assignments[f"{a['role']['id']} for {who['id']} on {json.dumps(a['scope'], sort_keys=True)}"] = ""
for user, name in everything["user"].items():
    collect("application credential", "identity", f"/users/{user}/application_credentials", "application_credentials", "name")
    collect("ec2 credential", "identity", f"/users/{user}/credentials/OS-EC2", "credentials", id_field="access")

# Compute
V = {"OpenStack-API-Version": "compute 2.61"}
collect("server", "compute", "/servers/detail?all_tenants=1", "servers", "name", "tenant_id", **V)
collect("flavor", "compute", "/flavors/detail?is_public=None", "flavors", "name", "vcpus", "ram", "disk", "os-flavor-access:is_public", "extra_specs", **V)
access = everything.setdefault("flavor access", {})
for flavor, description in everything["flavor"].items():
    if "is_public=False" in description:
        for entry in get("compute", f"/flavors/{flavor}/os-flavor-access")["flavor_access"]:
            access[f"{entry['flavor_id']} for {entry['tenant_id']}"] = ""
collect("server group", "compute", "/os-server-groups?all_projects=true", "server_groups", "name", "policies", **V)
collect("aggregate", "compute", "/os-aggregates", "aggregates", "name", "hosts", "metadata", **V)
for user in everything["user"]:
    collect("keypair", "compute", f"/os-keypairs?user_id={user}", "keypairs", "name", "fingerprint", id_field="name", **V)

# Images
collect("image", "image", "/v2/images?limit=500", "images", "name", "visibility", "tags")

# Network
for kind, path, fields in (
    ("network", "networks", ("name", "mtu", "router:external", "shared")), ("subnet", "subnets", ("name", "cidr")), ("port", "ports", ("name", "device_owner", "network_id")),
    ("router", "routers", ("name",)), ("floating ip", "floatingips", ("floating_ip_address", "description")), ("security group", "security-groups", ("name", "project_id", "description")),
    ("security group rule", "security-group-rules", ("security_group_id", "direction", "ethertype", "protocol", "port_range_min", "port_range_max", "remote_ip_prefix", "remote_group_id")),
    ("trunk", "trunks", ("name",)), ("subnet pool", "subnetpools", ("name",)), ("address scope", "address-scopes", ("name",)),
    ("segment", "segments", ("name", "network_id")), ("qos policy", "qos/policies", ("name",)), ("rbac policy", "rbac-policies", ("object_type", "object_id", "target_tenant")),
    ("network quota", "quotas", ()),
):
    key = path.split("/")[-1].replace("-", "_")
    if kind == "network quota":
        quotas = everything.setdefault(kind, {})
        for q in get("network", "/v2.0/quotas")["quotas"]:
            quotas[q.get("project_id") or q["tenant_id"]] = json.dumps({k: v for k, v in sorted(q.items()) if not k.endswith("_id")})
    else:
        collect(kind, "network", f"/v2.0/{path}", key, *fields)

# Block storage: the project of the token is part of the address
for kind, path, key, fields in (
    ("volume", "volumes/detail?all_tenants=1", "volumes", ("name", "size", "volume_type")), ("volume snapshot", "snapshots/detail?all_tenants=1", "snapshots", ("name", "volume_id")),
    ("volume backup", "backups/detail?all_tenants=1", "backups", ("name", "volume_id")), ("volume type", "types?is_public=None", "volume_types", ("name", "is_public", "extra_specs")),
    ("volume qos", "qos-specs", "qos_specs", ("name", "specs")),
):
    collect(kind, "block-storage", f"/{path}", key, *fields)
collect("volume attachment", "block-storage", "/attachments?all_tenants=1", "attachments", "volume_id", "instance", **{"OpenStack-API-Version": "volume 3.27"})

# Quotas that projects have of their own
for project in everything["project"]:
    compute = get("compute", f"/os-quota-sets/{project}")["quota_set"]
    volume = get("block-storage", f"/os-quota-sets/{project}")["quota_set"]
    everything.setdefault("compute quota", {})[project] = json.dumps(compute, sort_keys=True)
    everything.setdefault("volume quota", {})[project] = json.dumps(volume, sort_keys=True)

# Load balancers
for kind, path, key in (
    ("load balancer", "loadbalancers", "loadbalancers"), ("listener", "listeners", "listeners"), ("pool", "pools", "pools"), ("health monitor", "healthmonitors", "healthmonitors"),
    ("l7 policy", "l7policies", "l7policies"), ("load balancer flavor", "flavors", "flavors"), ("load balancer flavor profile", "flavorprofiles", "flavorprofiles"),
):
    collect(kind, "load-balancer", f"/v2.0/lbaas/{path}", key, "name")
collect("load balancer quota", "load-balancer", "/v2.0/lbaas/quotas", "quotas",
        "loadbalancer", "listener", "pool", "member", "healthmonitor", "l7policy", "l7rule", id_field="project_id")
# Octavia counts usage in the same rows and keeps them when a quota is deleted: one without a limit is none.
everything["load balancer quota"] = {project: limits for project, limits in everything["load balancer quota"].items() if limits}

# Secrets: those of the administrator's project, the others are for their owners' eyes only
for kind, path, key in (("secret", "secrets", "secrets"), ("secret container", "containers", "containers"), ("secret order", "orders", "orders")):
    collect(kind, "key-manager", f"/v1/{path}?limit=100", key, "name", id_field={"orders": "order_ref", "containers": "container_ref"}.get(path, "secret_ref"))

# Bare metal
B = {"X-OpenStack-Ironic-API-Version": "1.60"}
collect("ironic node", "baremetal", "/v1/nodes", "nodes", "name", id_field="uuid", **B)
collect("ironic port", "baremetal", "/v1/ports", "ports", "address", id_field="uuid", **B)
collect("ironic port group", "baremetal", "/v1/portgroups", "portgroups", "name", id_field="uuid", **B)
collect("ironic allocation", "baremetal", "/v1/allocations", "allocations", "name", id_field="uuid", **B)
collect("ironic deploy template", "baremetal", "/v1/deploy_templates", "deploy_templates", "name", id_field="uuid", **B)

json.dump(everything, sys.stdout)
