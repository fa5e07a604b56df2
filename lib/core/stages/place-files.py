"""place-files.py <bundle> <folder> <manifest>: writes the files of a bundle, and removes those that an earlier bundle had and this one hasn't.

The bundle is JSON, {relative path: text}. The manifest remembers what was written: nothing else is ever removed.
"""

import json
import os
import sys

bundle, folder, manifest = sys.argv[1:]
with open(bundle, encoding="utf-8") as source:
    files = json.load(source)

previous = []
if os.path.exists(manifest):
    with open(manifest, encoding="utf-8") as source:
        previous = source.read().splitlines()

for path, text in files.items():
    target = os.path.join(folder, path)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target + ".new", "w", encoding="utf-8") as out:
        out.write(text)
    os.chmod(target + ".new", 0o640)
    os.replace(target + ".new", target)

for path in previous:
    target = os.path.join(folder, path)
    if path not in files and os.path.exists(target):
        os.remove(target)

with open(manifest + ".new", "w", encoding="utf-8") as out:
    out.write("".join(f"{path}\n" for path in sorted(files)))
os.replace(manifest + ".new", manifest)
