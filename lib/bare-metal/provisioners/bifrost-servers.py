"""bifrost-servers.py select <servers> <credentials> <nodes> <output>: writes Bifrost's inventory of those servers that it is to install.
   bifrost-servers.py check <servers> <nodes>: fails unless every server is deployed.

Servers whose node in Ironic is deployed are left out: what Bifrost isn't told of, it can't touch. Ends with 3 if none is left. A value that names a
variable is replaced by what the credentials say.
"""

import json
import os
import sys

# A node in one of these has a system of its own.
DEPLOYED = {"active", "rescue", "rescue wait", "rescuing", "unrescuing", "service wait", "servicing", "service hold"}


def read(path):
    with open(path, encoding="utf-8") as source:
        return json.load(source)


def states(path):
    return {node.get("Name", node.get("name")): node.get("Provisioning State", node.get("provision_state")) for node in read(path)}


def with_credentials(value, credentials):
    if isinstance(value, dict):
        if set(value) == {"variable"}:
            secret = credentials[value["variable"]]
            if "{{" in secret or "{%" in secret:
                sys.exit(f"strata: {value['variable']} has what Ansible takes for a template; choose another one")
            return secret
        return {name: with_credentials(inner, credentials) for name, inner in value.items()}
    return [with_credentials(inner, credentials) for inner in value] if isinstance(value, list) else value


def select(servers, credentials, nodes, output):
    known = states(nodes)
    wanted = {name: server for name, server in read(servers).items() if known.get(name) not in DEPLOYED}
    for name in sorted(wanted):
        print(f"strata: {name} is to be deployed, it is {known.get(name, 'not enrolled')} now")
    if not wanted:
        sys.exit(3)
    descriptor = os.open(output + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as out:
        json.dump(with_credentials(wanted, read(credentials)), out)
    os.replace(output + ".new", output)


def check(servers, nodes):
    known = states(nodes)
    left = [f"{name} is {known.get(name, 'not enrolled')}" for name in sorted(read(servers)) if known.get(name) not in DEPLOYED]
    if left:
        sys.exit("strata: not deployed: " + ", ".join(left))


{"select": select, "check": check}[sys.argv[1]](*sys.argv[2:])
