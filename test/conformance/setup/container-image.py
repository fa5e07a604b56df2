#!/usr/bin/env python3
"""container-image.py <archive> <name:tag> [--base <tar>] [--file <source>:<path>] [--folder <path>] [--entrypoint <program>] [--user <uid:gid>]

Writes a container image as an archive that containerd imports, out of files alone: no engine, no registry.
"""
import argparse
import hashlib
import io
import json
import os
import tarfile

parser = argparse.ArgumentParser()
parser.add_argument("archive")
parser.add_argument("name")
parser.add_argument("--base", help="a root file system as a tar archive, the first layer")
parser.add_argument("--file", action="append", default=[])
parser.add_argument("--folder", action="append", default=[])
parser.add_argument("--entrypoint", required=True)
parser.add_argument("--user", default="")
args = parser.parse_args()


def digest(path):
    found = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(1 << 20):
            found.update(piece)
    return found.hexdigest()


own = args.archive + ".layer"
with tarfile.open(own, "w", format=tarfile.GNU_FORMAT) as layer:
    for folder in args.folder:
        entry = tarfile.TarInfo(folder)
        entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
        layer.addfile(entry)
    for file in args.file:
        source, path = file.rsplit(":", 1)
        entry = tarfile.TarInfo(path)
        entry.mode, entry.size = 0o755, os.path.getsize(source)
        with open(source, "rb") as content:
            layer.addfile(entry, content)

layers = [(path, digest(path)) for path in ([args.base] if args.base else []) + [own]]
config = json.dumps(
    {
        "architecture": "amd64",
        "os": "linux",
        "created": "1970-01-01T00:00:00Z",
        "config": {
            "Entrypoint": [args.entrypoint],
            "User": args.user,
            "WorkingDir": "/",
            "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
        },
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + found for _, found in layers]},
        "history": [{"created": "1970-01-01T00:00:00Z"} for _ in layers],
    },
    sort_keys=True,
).encode()
config_name = hashlib.sha256(config).hexdigest() + ".json"
manifest = json.dumps([{"Config": config_name, "RepoTags": [args.name], "Layers": [found + "/layer.tar" for _, found in layers]}]).encode()

with tarfile.open(args.archive, "w", format=tarfile.GNU_FORMAT) as archive:
    for name, data in (("manifest.json", manifest), (config_name, config)):
        entry = tarfile.TarInfo(name)
        entry.mode, entry.size = 0o644, len(data)
        archive.addfile(entry, io.BytesIO(data))
    for path, found in layers:
        entry = tarfile.TarInfo(found + "/layer.tar")
        entry.mode, entry.size = 0o644, os.path.getsize(path)
        with open(path, "rb") as content:
            archive.addfile(entry, content)
os.unlink(own)
