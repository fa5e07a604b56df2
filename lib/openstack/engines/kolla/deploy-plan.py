"""What a changed configuration means for a cloud that is deployed.

    deploy-plan.py check <deployed bundle> <new bundle> <retired hosts, by comma>
        Refuses what would leave a cloud with dead members, tells what is left to be done by hand.
    deploy-plan.py removed|removed-control <deployed bundle> <new bundle>
        Prints the hosts that are no longer there; the control hosts among them.
    deploy-plan.py bootstrap|deploy <deployed bundle> <new bundle>
        Prints the arguments for kolla-ansible: no more than what the change touches.

A bundle is JSON, {path below Kolla's folder: text}. The deployed one is missing before the first deployment.
"""

import json
import os
import sys

import yaml

# Services whose files under Kolla's overlay begin with their name, and whose name is the tag of their tasks.
SERVICES = {
    "barbican",
    "cinder",
    "designate",
    "glance",
    "heat",
    "horizon",
    "ironic",
    "keystone",
    "magnum",
    "manila",
    "masakari",
    "neutron",
    "nova",
    "octavia",
    "placement",
}


def read(path):
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as source:
        return json.load(source)


def inventory(bundle):
    return yaml.safe_load(bundle["inventory.yml"])["all"]


def members(bundle, *groups):
    children = inventory(bundle)["children"]
    return {host for group in groups for host in (children[group].get("hosts") or {})}


def hosts(bundle):
    return inventory(bundle)["hosts"]


def added_hosts(old, new):
    """Hosts that the new bundle has more; None if anything else differs between the inventories."""
    before, after = inventory(old), inventory(new)
    added = set(after["hosts"]) - set(before["hosts"])
    for host in added:
        del after["hosts"][host]
        for group in after["children"].values():
            (group.get("hosts") or {}).pop(host, None)
    return added if before == after else None


def switched_on(bundle):
    settings = yaml.safe_load(bundle["globals.yml"])
    switches = {name[len("enable_") :]: str(value).lower() in ("true", "yes", "1", "on") for name, value in settings.items() if name.startswith("enable_")}
    # what Kolla deploys where nobody says otherwise
    switches = {"horizon": True, "heat": True, **switches}
    return {name for name, on in switches.items() if on}


def check(old, new, retired):
    alive = [host for host in removed(old, new) if host not in retired]
    if alive:
        return (
            f"the inventory has lost {', '.join(alive)}, which the cloud still counts on. Put it back, move its servers and routers away, stop its containers "
            f"(kolla-ansible stop --limit {','.join(alive)} --yes-i-really-really-mean-it), delete its compute service and network agents; then remove it and name it in "
            "retiredHosts"
        )
    control = removed_control(old, new)
    if len(control) > 1:
        return f"{', '.join(control)} are control hosts: remove one at a time, each when Galera and RabbitMQ are healthy without the one before"
    for service in sorted(switched_on(old) - switched_on(new)):
        print(
            f"strata: {service} is switched off and Kolla-Ansible leaves it where it is. Remove by hand, on the hosts that ran it: its containers "
            f"(docker ps --filter name={service}), /etc/kolla/{service}*; in the cloud: its endpoints, its user and its database"
        )
    return None


def removed(old, new):
    return sorted(set(hosts(old)) - set(hosts(new)))


def removed_control(old, new):
    return [host for host in removed(old, new) if host in members(old, "control")]


def bootstrap(old, new):
    added = None if old is None else added_hosts(old, new)
    if not added:
        return ["bootstrap-servers"]
    # every control host must know the name of every other one
    limit = added | members(new, "control") if added & members(new, "control") else added
    return ["bootstrap-servers", "--limit", ",".join(sorted(limit))]


def deploy(old, new):
    if old is None:
        return ["deploy"]
    # what the hosts are verified by, what Ceph is made by and where passwords are is not the services'
    changed = {path for path in old.keys() | new.keys() if old.get(path) != new.get(path)} - {"verification.json", "ceph.json", "vault.json"}
    if "globals.yml" not in changed and "inventory.yml" in changed:
        added = added_hosts(old, new)
        of_new_hosts = {path for path in changed if any(f"/{host}/" in path for host in added or ())}
        if added and not added & members(new, "control", "network") and changed - of_new_hosts == {"inventory.yml"}:
            return ["deploy", "--limit", ",".join(sorted(added))]
        return ["reconfigure"]
    touched = {path.removeprefix("config/").split("/")[0].removesuffix(".conf") for path in changed if path.startswith("config/")}
    if changed and all(path.startswith("config/") for path in changed) and touched <= SERVICES:
        return ["reconfigure", "--tags", ",".join(sorted(touched))]
    return ["reconfigure"]


def main(what, deployed, placed, retired=""):
    old, new = read(deployed), read(placed)
    if what == "check":
        problem = None if old is None else check(old, new, set(retired.split(",")))
        if problem:
            sys.exit(f"strata: {problem}")
    else:
        print(" ".join({"bootstrap": bootstrap, "deploy": deploy, "removed": removed, "removed-control": removed_control}[what](old, new)))


if __name__ == "__main__":
    main(*sys.argv[1:])
