"""vault-passwords.py read|write <passwords> <vault> <token>: Kolla's own way between a file of passwords and HashiCorp Vault.

The vault (JSON) says where; the token is in a file, since whoever lists processes sees a command's arguments.
"""

import json
import sys

from kolla_ansible.cmd.readpwd import readpwd
from kolla_ansible.cmd.writepwd import writepwd

what, passwords, settings, token = sys.argv[1:]
with open(settings, encoding="utf-8") as source:
    vault = json.load(source)
with open(token, encoding="utf-8") as source:
    secret = source.read().strip()
{"read": readpwd, "write": writepwd}[what](passwords, vault["path"], vault["mountPoint"], vault["namespace"], vault["address"], "", "", secret, vault["caCertificate"])
