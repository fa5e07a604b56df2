"""
What stands in etcd of this cluster's Secrets, and under which keys.

  strata-secrets.py ways <pki folder> <address of an etcd>
      prints in which ways they are encrypted, one a line
  strata-secrets.py rewrite <pki folder> <address of each API server, the own first> -- <certificate and key> <name of the API> <port>
      writes those anew that aren't written as API servers write Secrets now; ends with 3 if they don't all write in the same way
"""
import base64, http.client, json, socket, ssl, sys, time, uuid

PREFIX, TRIAL, PAGE, SCANS = "/registry/secrets/", "kube-system/strata-reencrypt", 100, 3
DIFFERENT = 3


class Refused(Exception):
    pass


class Client:
    """A connection that is made again when it is lost."""

    def __init__(self, address, port, name, authority, certificate, key=None):
        self.address, self.port, self.name, self.connection = address, int(port), name, None
        self.context = ssl.create_default_context(cafile=authority)
        self.context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # newer Pythons' default asks more of an authority than Kubernetes does
        self.context.load_cert_chain(certificate, key)

    def ask(self, method, path, body=None):
        result = None
        for attempt in range(5):
            time.sleep(attempt)
            try:
                if self.connection is None:
                    stream = socket.create_connection((self.address, self.port), timeout=60)
                    self.connection = http.client.HTTPConnection(self.address, self.port)
                    self.connection.auto_open = 0
                    self.connection.sock = self.context.wrap_socket(stream, server_hostname=self.name)
                self.connection.request(method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
                answer = self.connection.getresponse()
                status, text = answer.status, answer.read()
                result = status, json.loads(text)
                if status != 429 and status < 500:
                    return result
            except (OSError, http.client.HTTPException, ValueError) as error:
                self.connection, problem = None, str(error) or type(error).__name__
        return result or sys.exit(f"{self.address} does not answer {method} {path}: {problem}")


def etcd_at(pki, address):
    return Client(address, 2379, address, f"{pki}/etcd/ca.crt", f"{pki}/apiserver-etcd-client.crt", f"{pki}/apiserver-etcd-client.key")


def encode(text):
    return base64.b64encode(text.encode()).decode()


def pages(etcd):
    """All of etcd's Secrets: (<namespace>/<name>, value)."""
    key = PREFIX
    while True:
        status, answer = etcd.ask("POST", "/v3/kv/range", {"key": encode(key), "range_end": encode(PREFIX[:-1] + "0"), "limit": PAGE})
        if status != 200:
            sys.exit(f"etcd does not tell its Secrets: {answer}")
        for pair in answer.get("kvs", []):
            key = base64.b64decode(pair["key"]).decode()
            yield key[len(PREFIX):], base64.b64decode(pair.get("value", ""))
        if not answer.get("more"):
            return
        key += "\0"


def way(value):
    """How a value was encrypted: provider and name of the key; with a KMS, the id that its key had then, too."""
    if not value.startswith(b"k8s:enc:"):
        return "unencrypted"
    *words, rest = value.split(b":", 5)
    name = b":".join(words).decode()
    if not name.startswith("k8s:enc:kms:v2:"):
        return name
    at = 0  # EncryptedObject: field 2 is the key's id

    def number():
        nonlocal at
        result = shift = 0
        while True:
            byte = rest[at]
            at, result, shift = at + 1, result | (byte & 127) << shift, shift + 7
            if byte < 128:
                return result

    while at < len(rest):
        tag = number()
        if tag & 7 == 0:
            number()
            continue
        length = number()
        if tag >> 3 == 2:
            return f"{name}:{rest[at:at + length].decode()}"
        at += length
    return name


def path(name):
    namespace, secret = name.split("/")
    return f"/api/v1/namespaces/{namespace}/secrets/{secret}"


def trial(server, etcd):
    """How that API server writes a Secret now."""
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": TRIAL.split("/")[1]}, "stringData": {"word": str(uuid.uuid4())}}
    status, answer = server.ask("PUT", path(TRIAL), secret)
    if status == 404:
        status, answer = server.ask("POST", path(TRIAL).rsplit("/", 1)[0], secret)
    if status not in (200, 201):
        sys.exit(f"the API server at {server.address} does not write the Secret {TRIAL}: {answer.get('message')}")
    status, answer = etcd.ask("POST", "/v3/kv/range", {"key": encode(PREFIX + TRIAL)})
    if not answer.get("kvs"):
        sys.exit(f"etcd does not have {PREFIX}{TRIAL}, which an API server has just written: do they have another etcd, or another prefix in it?")
    return way(base64.b64decode(answer["kvs"][0]["value"]))


def write_anew(server, name):
    """Whether it was written here. Somebody else's write of the meantime serves as well, and a Secret that is gone needs none."""
    for _ in range(10):
        status, secret = server.ask("GET", path(name))
        if status == 404:
            return False
        if status == 200:
            version = secret["metadata"]["resourceVersion"]  # with it, only what was read is overwritten
            status, secret = server.ask("PUT", path(name), secret)
            if status == 200:
                return secret["metadata"]["resourceVersion"] != version
        if status not in (404, 409):
            raise Refused(f"{name}: {secret.get('message')}")
    raise Refused(f"{name}: changed by others all the time")


def rewrite(servers, etcd):
    ways = {server.address: trial(server, etcd) for server in servers}
    now = ways[servers[0].address]
    if len(set(ways.values())) > 1:
        print("API servers write Secrets in different ways: " + ", ".join(f"{address} {found}" for address, found in ways.items()), file=sys.stderr)
        sys.exit(DIFFERENT)
    print(f"Secrets are written as {now}", flush=True)
    written = 0
    for scan in range(SCANS):
        left, refusals, counts, seen = {}, [], {}, 0
        for seen, (name, value) in enumerate(pages(etcd), 1):
            found = way(value)
            if found != now:
                left[name] = found
                counts[found] = counts.get(found, 0) + 1
        if not left or scan == SCANS - 1:
            break
        print("; ".join(f"{count} of {seen} are {found}" for found, count in sorted(counts.items())), flush=True)
        for done, name in enumerate(left, 1):
            try:
                written += write_anew(servers[0], name)
            except Refused as refusal:
                refusals.append(str(refusal))
            if done % 100 == 0:
                print(f"{done} of {len(left)} are done", flush=True)
        for refusal in refusals[:20]:
            print(refusal, file=sys.stderr, flush=True)
    if left:
        name, found = next(iter(left.items()))
        sys.exit(f"{len(left)} Secrets are not written as {now}, the first of them {name} ({found})")
    print(f"{written} Secrets were written anew; etcd holds {seen - 1}, all of them {now}", flush=True)  # but for the one of the trial


def main(task, pki, *words):
    if task == "ways":
        print("\n".join(sorted({way(value) for _, value in pages(etcd_at(pki, words[0]))})))
        return
    end = words.index("--")
    certificate, endpoint, port = words[end + 1:]
    servers = [Client(address, port, endpoint, f"{pki}/ca.crt", certificate) for address in words[:end]]
    try:
        rewrite(servers, etcd_at(pki, words[0]))
    finally:
        servers[0].ask("DELETE", path(TRIAL))


main(*sys.argv[1:])
