import { TerraformStack, TerraformVariable } from 'cdktf';
import { Construct } from 'constructs';
import { stringify } from 'yaml';
import { Host } from '../contracts/host';
import { check, checkUnique, fail } from '../core/validation';

/** A variable of the stack by its name, made once however many hosts share it. */
function stackVariable(scope: Construct, name: string, description: string): TerraformVariable {
  const stack = TerraformStack.of(scope);
  const existing = stack.node.tryFindChild(name);
  if (existing instanceof TerraformVariable) return existing;
  const variable = new TerraformVariable(stack, name, { type: 'string', sensitive: true, description });
  variable.overrideLogicalId(name);
  return variable;
}

/** Names of the variables with user and password of a host's BMC. */
export function bmcVariables({ bmc }: Host): { readonly username: string; readonly password: string } {
  return { username: bmc?.usernameVariable ?? 'bmc_username', password: bmc?.passwordVariable ?? 'bmc_password' };
}

/** User and password of a host's BMC, as references. */
export function bmcCredentials(scope: Construct, host: Host): { readonly username: string; readonly password: string } {
  const { username, password } = bmcVariables(host);
  return {
    username: stackVariable(scope, username, 'User of the board management controllers').stringValue,
    password: stackVariable(scope, password, 'Password of the board management controllers').stringValue,
  };
}

/** Checks the names of hosts that may be wiped. They needn't be in the inventory: a removed host is released by its name. */
export function checkRelease(scope: Construct, release: readonly string[]): void {
  for (const name of release) {
    check(scope, name, (n) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(n), {
      problem: 'release has what is not the name of a host',
      fix: 'give the names of the hosts that may be wiped',
    });
  }
  checkUnique(scope, 'name in release', release);
}

/** The hosts' own BMC and boot interface, which whoever installs them needs. */
export function checkInstallable(scope: Construct, hosts: readonly Host[], what: string): void {
  for (const host of hosts) {
    const missing = host.bmc === undefined ? 'bmc' : host.bootMac === undefined ? 'bootMac' : undefined;
    if (missing === undefined) continue;
    fail(scope, { problem: `${what} needs ${missing} of ${host.name}, which the inventory doesn't have`, fix: `add ${missing} to the host` });
  }
}

/** A provider belongs to the stack, which its user makes: without it Terraform would say only that credentials are missing. */
export function requireProvider(scope: Construct, type: string, example: string): void {
  scope.node.addValidation({
    validate: () =>
      TerraformStack.of(scope)
        .node.findAll()
        .some((node) => (node as { readonly terraformResourceType?: string }).terraformResourceType === type && 'alias' in node)
        ? []
        : [`${scope.node.path}: the stack has no provider ${type}; make one: ${example}`],
  });
}

/** cloud-init's configuration for the first boot: the user, with its keys. */
export function firstBoot(scope: Construct, user: string, authorizedKeys: readonly string[]): string | undefined {
  for (const key of authorizedKeys) {
    check(scope, key, (k) => /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-\S+|sk-\S+) [A-Za-z0-9+/]+=*( [^\n\r"'\\$%]*)?$/.test(k), {
      problem: 'sshAuthorizedKeys has what is not a public SSH key',
      fix: 'write it as in id_ed25519.pub: ssh-ed25519 AAAA…',
    });
  }
  if (authorizedKeys.length === 0) return undefined;
  const account = user === 'root' ? { disable_root: false } : {};
  const users = [{ name: user, lock_passwd: true, shell: '/bin/bash', ...(user !== 'root' && { sudo: 'ALL=(ALL) NOPASSWD:ALL' }), ssh_authorized_keys: authorizedKeys }]; // prettier-ignore
  return `#cloud-config\n${stringify({ ...account, users }, { lineWidth: 0 })}`;
}
