"""verify-cloud.py <expectations> <key> [<folder of Ceph's files>]: what only the hosts together can tell, before anything is put onto them.

    clocks    how far they differ, measured, not whether something says that it keeps them
    networks  whether each host reaches others through its interface, with packets as large as the network is said to carry: cables, VLANs, MTU
    VRRP      whether the network hosts hear each other by it, and nobody else uses the number
    VIPs      whether the virtual addresses are free
    Ceph      whether enough monitors answer each host that keeps volumes or images there

All hosts are asked at once over SSH, in one session each, and each answer is waited for a bounded time. Everything that is wrong is told, a line each.
Needs Python 3.9 and iproute2 on the hosts; nothing is changed there.
"""

import concurrent.futures
import json
import os
import queue
import re
import statistics
import subprocess
import sys
import threading
import time

# ---- on each host: a line of JSON is a question, a line of JSON the answer -----------------------------------------------------------------------------

AGENT = r'''
import concurrent.futures, json, os, re, socket, struct, subprocess, sys, time
os.environ["LC_ALL"] = "C"
os.environ["PATH"] += ":/usr/sbin:/sbin"
MAGIC = b"strata-verify"

def said(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data[: len(data) // 2 * 2])) + (data[-1] << 8 if len(data) % 2 else 0)
    total = (total >> 16) + (total & 65535)
    return ~(total + (total >> 16)) & 65535

def answers(target, size):
    """Whether an echo of so many bytes, IP header included, comes back without being cut to pieces."""
    six = ":" in target["address"]
    kind = (socket.AF_INET6, socket.IPPROTO_ICMPV6) if six else (socket.AF_INET, socket.IPPROTO_ICMP)
    with socket.socket(kind[0], socket.SOCK_RAW, kind[1]) as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, target["interface"].encode() + b"\0")
        # IPV6_MTU_DISCOVER and IP_MTU_DISCOVER: never fragment, and don't ask what was learnt of the path before
        raw.setsockopt(*((socket.IPPROTO_IPV6, 23, 3) if six else (socket.IPPROTO_IP, 10, 3)))
        number = os.urandom(4)
        body = number + bytes(size - (48 if six else 28))
        request, reply = (128, 129) if six else (8, 0)
        packet = struct.pack("!BBH", request, 0, 0) + body
        packet = struct.pack("!BBH", request, 0, checksum(packet)) + body
        for _ in range(2):
            try:
                raw.sendto(packet, (target["address"], 0))
                end = time.monotonic() + 1
                while time.monotonic() < end:
                    raw.settimeout(max(0.01, end - time.monotonic()))
                    found = raw.recv(65536)
                    found = found if six else found[(found[0] & 15) * 4 :]
                    if found[:1] == bytes([reply]) and found[4:8] == number:
                        return True
            except OSError:
                continue  # too large for the interface, nobody there, or no answer in time
        return False

def reach(target):
    if answers(target, target["mtu"]):
        return "ok"
    return "small" if answers(target, 1280 if ":" in target["address"] else 576) else "no"

def free(address, interface):
    answers({"address": address, "interface": interface}, 84)
    entry = said("ip", "neigh", "show", "to", address, "dev", interface).stdout
    owner = re.search(r"lladdr (\S+)", entry)
    return owner.group(1) if owner and "FAILED" not in entry else None

def vrrp(interface, address, seconds):
    """Says something that no VRRP router takes for VRRP, and listens to what comes by that protocol: [sender, number, ours]."""
    index, heard = socket.if_nametoindex(interface), set()
    six = ":" in address
    family, group = (socket.AF_INET6, "ff02::12") if six else (socket.AF_INET, "224.0.0.18")
    raw = socket.socket(family, socket.SOCK_RAW, 112)
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode() + b"\0")
    if six:
        raw.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, socket.inet_pton(family, group) + struct.pack("@I", index))
        raw.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
        raw.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        to = (group, 0, 0, index)
    else:
        raw.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, struct.pack("@4s4si", socket.inet_aton(group), socket.inet_aton(address), index))
        raw.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, struct.pack("@4s4si", socket.inet_aton(group), socket.inet_aton(address), index))
        raw.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
        raw.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
        to = (group, 0)
    raw.settimeout(0.25)
    end, spoken = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        if time.monotonic() - spoken > 0.5:
            spoken = time.monotonic()
            try:
                # version 0, which there never was
                raw.sendto(b"\x00" + MAGIC, to)
            except OSError:
                pass  # a firewall of this host's own: the others will miss it
        try:
            packet, sender = raw.recvfrom(2048)
        except socket.timeout:
            continue
        body = packet if six else packet[(packet[0] & 15) * 4:]
        if len(body) > 1 and sender[0] != address:
            heard.add((sender[0].split("%")[0], body[1], MAGIC in body))
    return sorted(heard)

def monitor(address, port):
    try:
        with socket.create_connection((address, port), 3) as connection:
            connection.settimeout(3)
            return connection.recv(9).startswith(b"ceph v")
    except OSError:
        return False

for line in sys.stdin.buffer:
    question = json.loads(line)
    try:
        if question["do"] == "time":
            answer = time.time()
        elif question["do"] == "reach":
            with concurrent.futures.ThreadPoolExecutor(16) as pool:
                answer = list(pool.map(reach, question["targets"]))
        elif question["do"] == "owns":
            answer = [bool(said("ip", "-o", "address", "show", "to", address).stdout) for address in question["addresses"]]
        elif question["do"] == "free":
            answer = free(question["address"], question["interface"])
        elif question["do"] == "vrrp":
            answer = vrrp(question["interface"], question["address"], question["seconds"])
        else:
            with concurrent.futures.ThreadPoolExecutor(16) as pool:
                answer = list(pool.map(lambda each: monitor(*each), question["monitors"]))
        reply = {"answer": answer}
    except Exception as error:
        reply = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(reply), flush=True)
'''


class Host:
    """A host of the expectations, and the session on it."""

    def __init__(self, expected, key):
        self.__dict__.update(expected)
        agent = AGENT.encode()
        python = f"python3 -c 'import sys; exec(sys.stdin.buffer.read({len(agent)}))'"
        self.session = subprocess.Popen(
            ["ssh", "-F", "none", "-i", key, "-p", str(self.port), "-l", self.user, "-o", "BatchMode=yes", "-o", "ConnectTimeout=15", "-o", "IdentitiesOnly=yes"]
            + ["-o", "ServerAliveInterval=10", "-o", "LogLevel=ERROR", *os.environ.get("STRATA_SSH_OPTIONS", "-o StrictHostKeyChecking=accept-new").split()]
            + [self.address, python if self.user == "root" else f"sudo -n {python}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.lines = queue.Queue()
        threading.Thread(target=self.listen, daemon=True).start()
        try:
            self.session.stdin.write(agent)
            self.session.stdin.flush()
        except BrokenPipeError:
            pass

    def listen(self):
        for line in self.session.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def ask(self, patience=60, **question):
        try:
            self.session.stdin.write(json.dumps(question).encode() + b"\n")
            self.session.stdin.flush()
            line = self.lines.get(timeout=patience)
        except BrokenPipeError:
            line = None
        except queue.Empty:
            raise Silent(f"no answer within {patience} s") from None
        if line is None:
            self.session.wait(5)
            raise Silent(self.session.stderr.read().decode(errors="replace").strip().replace("\n", "; ") or "the session ended")
        reply = json.loads(line)
        if "error" in reply:
            raise Silent(reply["error"])
        return reply["answer"]

    def network(self, role):
        return next((network for network in self.networks if network["role"] == role), None)


class Silent(Exception):
    pass


defects = []


def defect(where, what, expected, found, fix):
    line = f"strata: {where}: DEFECT: {what}: expected {expected}, found {found}; {fix}"
    if line not in defects:
        defects.append(line)
        print(line, flush=True)


def everywhere(hosts, question):
    """The answers of all hosts that answer, by host. The others are told."""
    answers = {}
    with concurrent.futures.ThreadPoolExecutor(max(1, len(hosts))) as pool:
        for host, future in [(host, pool.submit(question, host)) for host in hosts]:
            try:
                answers[host] = future.result()
            except Silent as error:
                defect(f"host {host.name}", "session", "an answer over SSH from the deployment host", error, "see whether it logs in there with its key, has sudo and python3")
    return answers


def offset(host):
    """How far a host's clock is before this one's, in seconds, from the quickest of some answers."""
    best = None
    for _ in range(5):
        asked = time.time()
        there = host.ask(do="time", patience=30)
        took = time.time() - asked
        if best is None or took < best[0]:
            best = (took, there - asked - took / 2)
    return best


def check_clocks(hosts, tolerance):
    measured = everywhere(hosts, offset)
    if not measured:
        return
    middle = statistics.median(value for _, value in measured.values())
    for host, (took, value) in measured.items():
        ahead = value - middle
        if abs(ahead) > tolerance + took / 2:
            way = "ahead of" if ahead > 0 else "behind"
            defect(
                f"host {host.name}", "clock", f"at most {tolerance} s from the other hosts' clocks", f"{abs(ahead):.1f} s {way} them",
                "see 'chronyc tracking' and which time servers it follows, or set it once by 'chronyc makestep'",
            )  # fmt: skip


def check_networks(hosts):
    """Each host asks the next three of every network, and the first: who has a wrong cable, VLAN or MTU is heard of by several."""
    asked = {host: [] for host in hosts}
    for role in {network["role"] for host in hosts for network in host.networks}:
        members = [host for host in hosts if host.network(role)]
        for i, host in enumerate(members):
            others = {members[(i + step) % len(members)] for step in (1, 2, 3)} | {members[0]}
            for other in sorted(others - {host}, key=lambda each: each.name):
                own = host.network(role)
                asked[host].append({"address": other.network(role)["address"], "interface": own["interface"], "mtu": own["mtu"], "role": role, "name": other.name})
    answers = everywhere([host for host in hosts if asked[host]], lambda host: host.ask(do="reach", targets=asked[host], patience=30 + 5 * len(asked[host])))
    for host, results in answers.items():
        for role in sorted({target["role"] for target in asked[host]}):
            pairs = [(target, result) for target, result in zip(asked[host], results) if target["role"] == role]
            interface, mtu = pairs[0][0]["interface"], pairs[0][0]["mtu"]
            names = lambda wanted: ", ".join(target["name"] for target, result in pairs if result == wanted)  # noqa: E731
            if names("no"):
                defect(f"host {host.name}", f"network {role} by {interface}", "to reach the other hosts", f"no answer from {names('no')}", "look at cable, switch port and VLAN of the hosts that are named most often")
            if names("small"):
                defect(f"host {host.name}", f"network {role} by {interface}", f"packets of {mtu} bytes to pass", f"only smaller ones reach {names('small')}", "raise the MTU on the switches between them, or lower mtu of the network in the inventory")


def check_virtual_addresses(hosts, expected):
    # where the cloud stands already, one of its hosts has them
    owners = everywhere(hosts, lambda host: host.ask(do="owns", addresses=[vip["address"] for vip in expected["virtualAddresses"]]))
    for i, vip in enumerate(expected["virtualAddresses"]):
        if any(owns[i] for owns in owners.values()):
            continue
        asking = [host for host in hosts if host.network(vip["role"])][:1]
        for host, owner in everywhere(asking, lambda host: host.ask(do="free", address=vip["address"], interface=host.network(vip["role"])["interface"])).items():
            if owner:
                defect("cloud", vip["option"], f"{vip['address']} to be free", f"the owner of {owner} answers for it, as {host.name} sees", "take it from there, or choose another address")


def check_vrrp(hosts, expected):
    number = expected["virtualRouterId"]
    routers = [host for host in hosts if host.gateway and host.network("internal")]
    own = {host.network("internal")["address"]: host for host in hosts if host.network("internal")}
    ask = lambda host: host.ask(do="vrrp", **{key: host.network("internal")[key] for key in ("interface", "address")}, seconds=4)  # noqa: E731
    answers = everywhere(routers, ask)
    for host, heard in answers.items():
        for sender, used, ours in heard:
            if used == number and not ours and sender not in own:
                defect("cloud", "virtualRouterId", f"{number} to be nobody else's", f"{sender} uses it, as {host.name} hears", "choose another number, unique in that network")
        silent = [other.name for other in answers if other is not host and not any(ours and own.get(sender) is other for sender, _, ours in heard)]
        if silent:
            defect(f"host {host.name}", f"VRRP by {host.network('internal')['interface']}", "to hear the other network hosts by IP protocol 112 and multicast", f"nothing from {', '.join(silent)}", "let the protocol pass firewalls, and see IGMP snooping on the switches")


def check_ceph(hosts, folder):
    monitors = set()
    for service in ("cinder", "glance", "nova", "manila"):
        path = os.path.join(folder, service, "ceph.conf")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as source:
                line = re.search(r"^\s*mon[_ ]host\s*=\s*(.+)$", source.read(), re.M)
            for group in re.findall(r"\[v2:[^\]]*\[[^\]]*\][^\]]*\]|\[v[^\]]*\]|[^,\s]+", line.group(1)) if line else []:
                address = re.search(r"v2:(\[[^\]]+\]|[^:,\]]+):(\d+)", group)
                monitors.add((address.group(1).strip("[]"), int(address.group(2))) if address else (group.strip("[]"), 3300))
    if not monitors:
        defect("Ceph", "ceph.conf", "mon_host with the monitors", f"none below {folder}", "put what 'ceph config generate-minimal-conf' says into it")
        return
    monitors = sorted(monitors)
    for host, answers in everywhere([host for host in hosts if host.ceph], lambda host: host.ask(do="monitors", monitors=monitors)).items():
        silent = [f"{address}:{port}" for (address, port), answered in zip(monitors, answers) if not answered]
        if len(silent) * 2 >= len(monitors):
            defect(f"host {host.name}", "Ceph", "more than half of its monitors to answer", f"nothing from {', '.join(silent)}", "see 'ceph health', and the way from this host to Ceph's public network")


def main(expectations, key, ceph=None):
    with open(expectations, encoding="utf-8") as source:
        expected = json.load(source)
    hosts = [Host(each, key) for each in expected["hosts"]]
    began = time.monotonic()
    try:
        check_clocks(hosts, expected["clockToleranceSeconds"])
        # who doesn't answer has been told once
        answering = [host for host in hosts if host.session.poll() is None]
        check_networks(answering)
        check_virtual_addresses(answering, expected)
        check_vrrp(answering, expected)
        if ceph is not None:
            check_ceph(answering, ceph)
    finally:
        for host in hosts:
            host.session.kill()
    if defects:
        sys.exit(f"strata: {len(defects)} things are wrong between the hosts; nothing was put onto them")
    print(f"strata: clocks, networks and virtual addresses of {len(hosts)} hosts are as they should be, looked at in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main(*sys.argv[1:])
