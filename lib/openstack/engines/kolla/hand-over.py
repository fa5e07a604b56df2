"""hand-over.py <clouds.yaml> <folder> <certificates.json>: what an administrator needs elsewhere, as a tar archive on the standard output.

The archive has clouds.yaml, whose entries name the CA as <folder>/ca.crt, that file if the entries name one, and when certificates are to be renewed.
"""

import io
import os
import sys
import tarfile

import yaml

source, folder, certificates = sys.argv[1:]
with open(source, encoding="utf-8") as text:
    clouds = yaml.safe_load(text)

files = {}
for name, entry in clouds["clouds"].items():
    if entry.get("cacert"):
        with open(entry["cacert"], "rb") as certificate:
            files["ca.crt"] = certificate.read()
        clouds["clouds"][name] = {**entry, "cacert": folder.rstrip("/") + "/ca.crt"}
if os.path.exists(certificates):
    with open(certificates, "rb") as dates:
        files["certificates.json"] = dates.read()
files["clouds.yaml"] = yaml.safe_dump(clouds, sort_keys=False).encode()

with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as archive:
    for name, content in files.items():
        member = tarfile.TarInfo(name)
        member.size = len(content)
        member.mode = 0o600
        archive.addfile(member, io.BytesIO(content))
