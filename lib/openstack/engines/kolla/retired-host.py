"""retired-host.py <clouds.yaml> <entry> <host...>: whether a cloud still counts on hosts that are to leave it. Ends with 1 and says what is left if so."""

import sys

import requests
import yaml

path, entry, *hosts = sys.argv[1:]
with open(path, encoding="utf-8") as source:
    cloud = yaml.safe_load(source)["clouds"][entry]
auth = cloud["auth"]
keystone = auth["auth_url"].rstrip("/")
keystone = keystone if keystone.endswith("/v3") else keystone + "/v3"
session = requests.Session()
session.verify = cloud.get("cacert") or True


def answer(call, address, **more):
    try:
        reply = call(address, timeout=60, **more)
        reply.raise_for_status()
    except requests.RequestException as error:
        # what was sent, a password with it, is not in it
        sys.exit(f"strata: the cloud can't be asked whether {', '.join(hosts)} is retired: {type(error).__name__} from {address.split('?')[0]}; nothing is changed")
    return reply


user = {"name": auth["username"], "password": auth["password"], "domain": {"name": auth["user_domain_name"]}}
project = {"name": auth["project_name"], "domain": {"name": auth["project_domain_name"]}}
identity = {"methods": ["password"], "password": {"user": user}}
token = answer(session.post, f"{keystone}/auth/tokens", json={"auth": {"identity": identity, "scope": {"project": project}}})
session.headers["X-Auth-Token"] = token.headers["X-Subject-Token"]
endpoints = {
    service["type"]: endpoint["url"].rstrip("/")
    for service in token.json()["token"]["catalog"]
    for endpoint in service["endpoints"]
    if endpoint["interface"] == cloud.get("interface", "public") and endpoint["region_id"] == cloud.get("region_name", endpoint["region_id"])
}
network = endpoints["network"] if endpoints["network"].endswith("/v2.0") else f"{endpoints['network']}/v2.0"
services = answer(session.get, f"{endpoints['compute']}/os-services").json()["services"]
agents = answer(session.get, f"{network}/agents").json()["agents"]

left = []
for host in hosts:

    def named(each, host=host):
        # a system may call itself by its full name
        return each["host"] == host or each["host"].startswith(f"{host}.")

    names = {host, *(each["host"] for each in [*services, *agents] if named(each))}
    for name in sorted(names):
        servers = answer(session.get, f"{endpoints['compute']}/servers?all_tenants=1&limit=5&host={name}").json()["servers"]
        if servers:
            left.append(f"{host} has servers ({', '.join(server['name'] for server in servers)}…): move them away, 'openstack server migrate --live-migration' or 'openstack server evacuate'")
    for service in filter(named, services):
        left.append(f"{host} has the service {service['binary']}: disable it, then 'openstack compute service delete {service['id']}'")
    for agent in filter(named, agents):
        left.append(f"{host} has the {agent['agent_type']}: stop its container, then 'openstack network agent delete {agent['id']}'")

for line in left:
    print(f"strata: {line}")
if left:
    sys.exit("strata: retiredHosts names hosts that the cloud still counts on; nothing is changed")
