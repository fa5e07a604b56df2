"""control-health.py <deployed bundle> <key> <leaving host>: whether a cloud can do without a control host.

What stays must be healthy by itself, and count on nobody else: a member of Galera or a node of RabbitMQ that is gone but still counted makes the next
failure the one that stops the cloud. Every control host that stays is asked over SSH, all at once, what its MariaDB and its RabbitMQ see; every answer is
waited for a bounded time. Ends with 1 and says all that is in the way, a line each, if there is anything. Changes nothing.

A bundle is JSON, {path below Kolla's folder: text}. Needs Python 3.9 on the hosts.
"""

import concurrent.futures
import json
import os
import subprocess
import sys

import yaml

# ---- on each host: what the containers answer ------------------------------------------------------------------------------------------------------------

# The login is the one that Galera itself has in its configuration. It goes from a shell's own printf into a pipe: on no command line, in no environment.
MARIADB = r"""
set -eu
login=
for file in /etc/mysql/my.cnf /etc/my.cnf; do
  if [ -z "$login" ] && [ -r "$file" ]; then login=$(sed -n 's/^wsrep_sst_auth *= *//p' "$file" | tail -n 1); fi
done
[ -n "$login" ] || { echo 'its my.cnf has no wsrep_sst_auth' >&2; exit 1; }
password=${login#*:}
password=${password//\\/\\\\}
client=$(command -v mariadb || command -v mysql)
printf '[client]\nuser="%s"\npassword="%s"\n' "${login%%:*}" "$password" |
  "$client" --defaults-extra-file=/dev/stdin --connect-timeout=10 --batch --skip-column-names --execute "SHOW GLOBAL STATUS LIKE 'wsrep\_%'"
"""

AGENT = r'''
import json, subprocess, sys
question = json.loads(sys.stdin.readline())

def ask(container, command, script=""):
    """What a command in a container says, or in one line why it says nothing."""
    words = [question["engine"], "exec", "-i", container, *command]
    try:
        said = subprocess.run(words, input=script, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=question["patience"])
    except subprocess.TimeoutExpired:
        return None, f"no answer within {question['patience']} s"
    except OSError as error:
        return None, str(error)
    if said.returncode == 0:
        return said.stdout, None
    lines = [line.strip() for line in said.stderr.splitlines() if line.strip()] or [f"it ended with {said.returncode}"]
    return None, next((line for line in lines if line.lower().startswith("error")), lines[-1]).split(" Please see ")[0].rstrip(".")

answers = {}
if "mariadb" in question["services"]:
    said, why = ask("mariadb", ["bash", "-s"], question["mariadb"])
    answers["mariadb"] = {"why": why} if said is None else {"status": dict(line.split("\t", 1) for line in said.splitlines() if "\t" in line)}
if "rabbitmq" in question["services"]:
    said, why = ask("rabbitmq", ["rabbitmqctl", "--silent", "cluster_status", "--formatter", "json"])
    answers["rabbitmq"] = {"why": why} if said is None else {"status": json.loads(said[said.index("{"):])}
print(json.dumps(answers))
'''


def answer(host, key, question):
    """What a host says of its containers, or why it says nothing."""
    user = host.get("ansible_user", "root")
    agent = AGENT.encode()
    python = f"python3 -c 'import sys; exec(sys.stdin.buffer.read({len(agent)}))'"
    words = ["ssh", "-F", "none", "-i", key, "-p", str(host.get("ansible_port", 22)), "-l", user, "-o", "BatchMode=yes", "-o", "ConnectTimeout=15"]
    words += ["-o", "IdentitiesOnly=yes", "-o", "ServerAliveInterval=10", "-o", "LogLevel=ERROR"]
    words += os.environ.get("STRATA_SSH_OPTIONS", "-o StrictHostKeyChecking=accept-new").split()
    words += [host["ansible_host"], python if user == "root" else f"sudo -n {python}"]
    try:
        said = subprocess.run(words, input=agent + json.dumps(question).encode() + b"\n", stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=180)
    except subprocess.TimeoutExpired:
        return {"why": "no answer within 180 s"}
    if said.returncode != 0:
        lines = said.stderr.decode(errors="replace").strip().splitlines()
        return {"why": lines[-1] if lines else f"ssh ended with {said.returncode}"}
    return json.loads(said.stdout)


# ---- what the answers mean -------------------------------------------------------------------------------------------------------------------------------


def galera(answers, leaving, engine):
    """What is in the way, by what MariaDB said on each host that stays."""
    number = len(answers)
    for host, said in answers.items():
        if "status" not in said:
            yield f"{host}: MariaDB can't be asked ({said['why']}): start it ('{engine} start mariadb'), and wait until it has the others' data"
            continue
        status = said["status"]
        part, state = status.get("wsrep_cluster_status", "unknown"), status.get("wsrep_local_state_comment", "unknown")
        size = int(status.get("wsrep_cluster_size", 0))
        if part != "Primary":
            yield (
                f"{host}: its part of the Galera cluster is {part}, not Primary, and serves nobody: restore the network between the control hosts; "
                "if it stays so, 'kolla-ansible mariadb-recovery'"
            )
        elif state != "Synced" or status.get("wsrep_ready") != "ON":
            yield (
                f"{host}: Galera is {state}, not Synced: wait until it has given or taken the others' data; if nothing is under way, it was taken out by hand: "
                "SET GLOBAL wsrep_desync=OFF"
            )
        elif size < number:
            yield f"{host}: Galera has {size} of the {number} members that stay: start MariaDB on the others ('{engine} start mariadb')"
        elif size > number:
            yield f"{host}: Galera has {size} members, and {number} stay: {stop(leaving)}"
    primary = [said["status"] for said in answers.values() if said.get("status", {}).get("wsrep_cluster_status") == "Primary"]
    clusters = {status.get("wsrep_cluster_state_uuid") for status in primary}
    if len(clusters) > 1:
        yield "the control hosts that stay are in different Galera clusters, each with data of its own: bring them together by 'kolla-ansible mariadb-recovery'"


def rabbitmq(answers, leaving, engine):
    """What is in the way, by what RabbitMQ said on each host that stays."""
    seen = {host: said["status"] for host, said in answers.items() if "status" in said}
    told, own = set(), {short(host): seen.get(host) for host in answers}
    inside = f"{engine} exec rabbitmq"
    for host, said in answers.items():
        if host not in seen:
            yield f"{host}: RabbitMQ can't be asked ({said['why']}): start it ('{engine} start rabbitmq')"
            continue
        status = seen[host]
        running = set(status.get("running_nodes", []))
        known = set(status.get("disk_nodes", [])) | set(status.get("ram_nodes", [])) | running
        parts = status.get("partitions")
        for node in sorted(known):
            of = node_host(node)
            if of not in own and node not in told:
                told.add(node)
                if node in running:
                    yield f"RabbitMQ runs on {node}, which doesn't stay: {stop(leaving)}"
                else:
                    yield (
                        f"RabbitMQ still counts {node}, which doesn't stay: on {host}, '{inside} rabbitmq-queues shrink {node}', then "
                        f"'{inside} rabbitmqctl forget_cluster_node {node}'"
                    )
            # who can't be asked has been told, and a split says more
            elif of in own and node not in running and own[of] is not None and not parts:
                yield f"{host}: RabbitMQ doesn't see {node}, which runs: restore the network between the control hosts"
        missing = own.keys() - {node_host(node) for node in known}
        if missing:
            yield f"{host}: RabbitMQ is in no cluster with {', '.join(sorted(missing))}: 'kolla-ansible reconfigure --tags rabbitmq' with the hosts that are deployed"
        if parts:
            yield f"{host}: RabbitMQ is split ({json.dumps(parts, sort_keys=True)}): restart it on the smaller side ('{engine} restart rabbitmq')"
        if status.get("alarms"):
            yield f"{host}: RabbitMQ takes no messages ({json.dumps(status['alarms'], sort_keys=True)}): give it the memory or the disk that it misses"


def node_host(node):
    return short(node.split("@", 1)[-1])


def short(host):
    """Kolla calls nodes by the first part of the host's name."""
    return host.split(".", 1)[0]


def stop(leaving):
    return f"stop what still runs on {leaving} ('kolla-ansible stop --limit {leaving} --yes-i-really-really-mean-it')"


def judge(answers, services, leaving, engine):
    """All that is in the way, each once."""
    found = [f"{host}: can't be asked how the control plane is: {said['why']}" for host, said in answers.items() if "why" in said]
    for service, judged in (("mariadb", galera), ("rabbitmq", rabbitmq)):
        if service in services:
            of_all = {host: said.get(service, {"why": said.get("why")}) for host, said in answers.items()}
            # who can't be reached has been told
            found += [line for line in judged(of_all, leaving, engine) if not any(line.startswith(f"{host}: ") for host in answers if "why" in answers[host])]
    return list(dict.fromkeys(found))


def main(bundle, key, leaving):
    with open(bundle, encoding="utf-8") as source:
        deployed = json.load(source)
    inventory = yaml.safe_load(deployed["inventory.yml"])["all"]
    settings = yaml.safe_load(deployed["globals.yml"])
    engine = settings.get("kolla_container_engine", "docker")
    services = [name for name in ("mariadb", "rabbitmq") if str(settings.get(f"enable_{name}", "yes")).lower() in ("true", "yes", "1", "on")]
    stay = [host for host in inventory["children"]["control"]["hosts"] if host != leaving]
    if not stay:
        sys.exit(f"strata: {leaving} is the only control host: the cloud can't do without it; nothing is changed")
    question = {"engine": engine, "services": services, "mariadb": MARIADB, "patience": 60}
    with concurrent.futures.ThreadPoolExecutor(len(stay)) as pool:
        answers = dict(zip(stay, pool.map(lambda host: answer(inventory["hosts"][host], key, question), stay)))
    found = judge(answers, services, leaving, engine)
    for line in found:
        print(f"strata: {line}")
    if found:
        sys.exit(f"strata: {leaving} can't leave before Galera and RabbitMQ are healthy without it; nothing is changed")


if __name__ == "__main__":
    main(*sys.argv[1:])
