"""ceph-cluster.py <cluster> <key> <folder>: a Ceph cluster by cephadm on the storage hosts, and what Kolla needs of it.

The cluster (JSON) says hosts, disks, monitors, pools and users. What is there already stays: it is run again for a host or a disk more. In the end the
folder, Kolla's overlay, has ceph.conf and the keyrings of the services that use it. They are nowhere else, and in no output.
"""

import base64
import concurrent.futures
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time

import yaml

SOCKETS = tempfile.TemporaryDirectory(prefix="strata-")
HERE = os.path.dirname(os.path.realpath(__file__))

class Host:
    def __init__(self, expected, key):
        self.__dict__.update(expected)
        self.ssh = ["ssh", "-F", "none", "-i", key, "-p", str(self.port), "-l", self.user, "-o", "BatchMode=yes", "-o", "ConnectTimeout=60", "-o", "IdentitiesOnly=yes"]
        # one connection for all of it
        self.ssh += ["-o", "ControlMaster=auto", "-o", f"ControlPath={SOCKETS.name}/%C", "-o", "ControlPersist=120"]
        self.ssh += ["-o", "LogLevel=ERROR", *os.environ.get("STRATA_SSH_OPTIONS", "-o StrictHostKeyChecking=accept-new").split(), self.address]

    def run(self, *arguments, patience=1800):
        """What ceph-host.sh says there. What it tells on the standard error is the log's."""
        with open(os.path.join(HERE, "ceph-host.sh"), encoding="utf-8") as script:
            program = script.read()
        command = shlex.join(["bash", "-c", program, "ceph-host.sh", *arguments])
        done = subprocess.run([*self.ssh, command if self.user == "root" else f"sudo -n {command}"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, timeout=patience)
        if done.returncode != 0:
            sys.exit(f"strata: {self.name}: {arguments[0]} ended with {done.returncode}; the lines above say why")
        return done.stdout


def say(text):
    print(f"strata: {text}", flush=True)


def specification(cluster, names):
    """What Ceph is to run where, by the names that the hosts themselves have."""
    hosts = cluster["hosts"]
    monitors = [names[host["name"]] for host in hosts if host["monitor"]]
    return [
        *({"service_type": "host", "hostname": names[host["name"]], "addr": host["storage"]} for host in hosts),
        {"service_type": "mon", "placement": {"hosts": monitors}},
        {"service_type": "mgr", "placement": {"hosts": monitors[:2]}},
        *(
            {
                "service_type": "osd",
                "service_id": f"strata-{host['name']}",
                "placement": {"hosts": [names[host["name"]]]},
                "spec": {"data_devices": {"paths": host["devices"]}},
            }
            for host in hosts
        ),
    ]


def wait(cluster, ceph, patience):
    """Until all monitors agree and an OSD runs on each disk."""
    monitors = sum(host["monitor"] for host in cluster["hosts"])
    disks = sum(len(host["devices"]) for host in cluster["hosts"])
    end, before = time.monotonic() + patience, None
    while True:
        quorum = len(json.loads(ceph("quorum_status", "-f", "json"))["quorum_names"])
        running = json.loads(ceph("osd", "stat", "-f", "json"))["num_up_osds"]
        if (quorum, running) != before:
            say(f"Ceph has {quorum} of {monitors} monitors and {running} of {disks} disks")
            before = (quorum, running)
        if quorum >= monitors and running >= disks:
            return
        if time.monotonic() > end:
            sys.exit(
                f"strata: after {patience} s Ceph has {quorum} of {monitors} monitors and {running} of {disks} disks. See 'ceph orch ps' and 'ceph orch device ls' by "
                f"'cephadm shell' on {cluster['hosts'][0]['name']}: a disk with anything on it is not taken"
            )
        time.sleep(float(os.environ.get("STRATA_CEPH_PAUSE", "10")))


def pools(cluster, ceph):
    there = {pool["pool_name"]: pool for pool in json.loads(ceph("osd", "pool", "ls", "detail", "-f", "json"))}
    for pool in cluster["pools"]:
        known = there.get(pool, {})
        if not known:
            ceph("osd", "pool", "create", pool)
        if "rbd" not in known.get("application_metadata", {}):
            ceph("osd", "pool", "application", "enable", pool, "rbd")
        if known.get("size") != cluster["replicas"]:
            ceph("osd", "pool", "set", pool, "size", str(cluster["replicas"]))
    if cluster["fileSystem"] and "cephfs" not in [each["name"] for each in json.loads(ceph("fs", "ls", "-f", "json"))]:
        ceph("fs", "volume", "create", "cephfs")


def write(folder, path, text):
    target = os.path.join(folder, path)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(os.open(target + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        out.write(text)
    os.replace(target + ".new", target)


def main(path, key, folder):
    with open(path, encoding="utf-8") as source:
        cluster = json.load(source)
    hosts = [Host(each, key) for each in cluster["hosts"]]
    first = hosts[0]

    def ceph(*arguments):
        return first.run("ceph", *arguments)

    with concurrent.futures.ThreadPoolExecutor(len(hosts)) as pool:
        names = dict(zip([host.name for host in hosts], [said.strip() for said in pool.map(lambda host: host.run("prepare"), hosts)]))
        if len(set(names.values())) != len(hosts):
            sys.exit(f"strata: several storage hosts have one name: {names}; give each its own by hostnamectl")
        say(f"the first monitor is on {first.name}")
        first.run("bootstrap", first.storage, cluster["publicNetwork"], cluster["image"])
        trusted = base64.b64encode(first.run("key").strip().encode()).decode()
        list(pool.map(lambda host: host.run("authorize", trusted), hosts))
    text = yaml.safe_dump_all(specification(cluster, names), sort_keys=False)
    first.run("apply", base64.b64encode(text.encode()).decode())
    wait(cluster, ceph, cluster["patienceSeconds"])
    pools(cluster, ceph)
    # mon_host and fsid; Kolla's reader stumbles over the tabs
    minimal = re.sub(r"^[ \t]+", "", ceph("config", "generate-minimal-conf"), flags=re.M)
    for user, (rights, places) in cluster["users"].items():
        keyring = ceph("auth", "get-or-create", f"client.{user}", *[word for pair in rights.items() for word in pair])
        for service in places:
            write(folder, f"{service}/ceph.client.{user}.keyring", keyring)
            write(folder, f"{service.split('/')[0]}/ceph.conf", minimal)
    health = json.loads(ceph("health", "-f", "json"))
    if health["status"] == "HEALTH_ERR":
        sys.exit(f"strata: Ceph is {health['status']}: {', '.join(sorted(health.get('checks', {})))}; see 'ceph health detail' on {first.name}")
    say(f"Ceph is {health['status']}{''.join(f', {check}' for check in sorted(health.get('checks', {})))}")


if __name__ == "__main__":
    main(*sys.argv[1:])
