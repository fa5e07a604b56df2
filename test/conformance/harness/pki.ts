import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Context } from './check';
import { run } from './process';

/**
 * A PKI for one run, made by OpenSSL, as the variables that ClusterPki.fromVariables asks for. Nobody ever trusts it. With kubeadm's `pki` folder, that
 * cluster's CA is the PKI's, too.
 */
export async function throwAwayPki(context: Context, prefix: string, kubeadmPki?: string): Promise<{ readonly [variable: string]: string }> {
  const folder = fs.mkdtempSync(path.join(context.folder, 'pki-'));
  const file = (name: string) => path.join(folder, name);
  const read = (name: string) => fs.readFileSync(file(name), 'utf8');
  const openssl = (...args: string[]) => run('openssl', args);
  const key = (name: string) => openssl('ecparam', '-genkey', '-name', 'prime256v1', '-noout', '-out', file(`${name}.key`));
  const authority = async (name: string, commonName: string) => {
    await key(name);
    await openssl(
      ...['req', '-x509', '-new', '-key', file(`${name}.key`), '-subj', `/CN=${commonName}`, '-days', '2', '-out', file(`${name}.crt`)],
      ...['-addext', 'keyUsage=critical,digitalSignature,keyEncipherment,keyCertSign'],
    );
  };
  if (kubeadmPki === undefined) await authority('ca', 'kubernetes');
  else for (const name of ['ca.key', 'ca.crt']) fs.copyFileSync(path.join(kubeadmPki, name), file(name));
  await authority('etcd_ca', 'etcd-ca');
  await authority('front_proxy_ca', 'front-proxy-ca');
  await key('sa');
  await openssl('ec', '-in', file('sa.key'), '-pubout', '-out', file('sa.pub'));
  await key('admin');
  await openssl('req', '-new', '-key', file('admin.key'), '-subj', '/O=kubeadm:cluster-admins/CN=kubernetes-admin', '-out', file('admin.csr'));
  fs.writeFileSync(file('admin.ext'), 'extendedKeyUsage=clientAuth\n');
  await openssl(
    ...['x509', '-req', '-in', file('admin.csr'), '-CA', file('ca.crt'), '-CAkey', file('ca.key'), '-CAcreateserial', '-days', '1'],
    ...['-extfile', file('admin.ext'), '-out', file('admin.crt')],
  );
  const hex = (bytes: number) => [...crypto.getRandomValues(new Uint8Array(bytes))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const values: { [name: string]: string } = { bootstrap_token: `${hex(3)}.${hex(8)}` };
  values.encryption_key1 = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64');
  for (const name of ['ca', 'etcd_ca', 'front_proxy_ca', 'admin']) {
    values[`${name}_crt`] = read(`${name}.crt`);
    values[`${name}_key`] = read(`${name}.key`);
  }
  values.sa_key = read('sa.key');
  values.sa_pub = read('sa.pub');
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}_${name}`, value]));
}
