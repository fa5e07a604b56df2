import * as fs from 'node:fs';
import * as path from 'node:path';
import { parse } from 'yaml';
import { nodeOptionFiles } from '../../../lib/kubernetes/bootstrap/node-option-files';
import type { Check } from '../harness/check';
import { nodeRenderer, nodeUserData } from '../harness/cluster-files';
import { exec, run } from '../harness/process';
import { startSshd } from '../harness/sshd';
import { expectUserData } from '../harness/user-data';

export const checks: readonly Check[] = [
  {
    name: 'a certificate of a trusted authority of SSH users lets its user in, that of another one or for another user does not',
    needs: ['sshd'],
    run: async (context) => {
      const at = (name: string) => path.join(context.folder, name);
      const key = (name: string) => run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(name)]);
      for (const name of ['authority', 'other', 'person']) await key(name);
      const sshTrustedUserCaKeys = [fs.readFileSync(at('authority.pub'), 'utf8')];
      const { files } = nodeOptionFiles({ sshTrustedUserCaKeys }, { nodeCidr: '', podCidr: '', serviceCidr: '', endpointName: '', vip: '' });
      // in a folder of the check's, as the files name each other
      const inFolder = (file: string) => at(path.basename(file));
      for (const { path: file, content } of files) {
        fs.writeFileSync(
          inFolder(file),
          files.reduce((text, { path: other }) => text.replace(other, inFolder(other)), content as string),
        );
      }
      const { user, sshArguments } = await startSshd(context, { config: [`Include ${at('10-strata.conf')}`] });
      const logIn = async (authority: string, principal: string) => {
        await run('ssh-keygen', ['-q', '-s', at(authority), '-I', 'person', '-n', principal, '-V', '+5m', at('person.pub')]);
        const identity = sshArguments.indexOf('-i') + 1;
        return exec('ssh', [...sshArguments.map((word, i) => (i === identity ? at('person') : word)), 'true']);
      };
      for (const [authority, principal, code] of [
        ['authority', user, 0],
        ['other', user, 255],
        ['authority', 'nobody', 255],
      ] as const) {
        const answer = await logIn(authority, principal);
        if (answer.code !== code) throw new Error(`a certificate of ${authority} for ${principal}: ssh ended with ${answer.code}: ${answer.output}`);
      }
    },
  },
  {
    name: "nodes' user_data pass cloud-init's schema and Nova's limit",
    needs: ['terraform', 'cloud-init'],
    run: async (context) => {
      const { controlPlane, worker } = await nodeUserData(context);
      await expectUserData(context, 'control-plane', controlPlane.text, controlPlane.encoded);
      await expectUserData(context, 'worker', worker.text, worker.encoded);
      const refused = await expectUserData(context, 'broken', worker.text.replace('write_files:', 'write_files: none\nx:')).then(
        () => false,
        () => true,
      );
      if (!refused) throw new Error('a list of files that is a word is accepted');
    },
  },
  {
    name: 'what Terraform renders is what was written: scripts by their syntax, secrets byte for byte, quotes and templates of the user',
    needs: ['terraform', 'shellcheck'],
    run: async (context) => {
      const { controlPlane, worker } = await nodeUserData(context);
      for (const { files, text } of [controlPlane, worker]) {
        const { runcmd } = parse(text) as { runcmd: string[][] };
        const last = runcmd[runcmd.length - 1][1];
        if (last !== 'a "quoted" ${word} and 100 %{ of it') throw new Error(`the user's command came out as ${last}`);
        const programs = Object.keys(files).filter((file) => file.startsWith('/usr/local/lib/strata/') && file.endsWith('.sh'));
        const folder = fs.mkdtempSync(path.join(context.folder, 'programs-'));
        for (const name of programs) fs.writeFileSync(path.join(folder, path.basename(name)), files[name]);
        const names = programs.map((name) => path.join(folder, path.basename(name)));
        const { code, output } = await exec(context.value('SHELLCHECK'), ['--external-sources', '--source-path=SCRIPTDIR', ...names]);
        if (code !== 0 || names.length < 2) throw new Error(`the programs as rendered: ${output}`);
      }
      for (const name of ['ca', 'etcd/ca', 'front-proxy-ca']) {
        const pem = controlPlane.files[`/etc/kubernetes/pki/${name}.key`];
        const { code, output } = await exec('openssl', ['pkey', '-noout', '-check'], { input: pem });
        if (code !== 0) throw new Error(`${name}.key is no key: ${output}`);
      }
      const keys = Object.values(worker.files).filter((content) => content.includes('PRIVATE KEY'));
      if (keys.length > 0) throw new Error('a worker has a private key in its user_data');
    },
  },
  {
    name: "nodes trust what Terraform reads as their cloud's authority, and nothing that is none",
    needs: ['terraform', 'cloud-init'],
    run: async (context) => {
      const { authority, render } = await nodeRenderer(context);
      const folder = fs.mkdtempSync(path.join(context.folder, 'authority-'));
      const other = await selfSigned(folder);
      const bundle = `Issuer: CN="a \\ b", \${word} %{x}\r\n${authority.replaceAll('\n', '\r\n')}\n# the next\n${other}`;
      const cases: readonly (readonly [name: string, pem: string | null, trusted: readonly string[]])[] = [
        ['bundle', bundle, [authority, other]],
        ['empty', ' \n', []],
        ['null', null, []],
      ];
      for (const [name, pem, expected] of cases) {
        const { worker, controlPlane } = await render(pem);
        for (const { text, encoded } of [worker, controlPlane]) {
          await expectUserData(context, `authority-${name}`, text, encoded);
          const { ca_certs: modules } = parse(text) as { ca_certs: { trusted: string[] } };
          const wanted = expected.map((certificate) => certificate.trim()).join('\n');
          if (JSON.stringify(modules.trusted) !== JSON.stringify([wanted])) throw new Error(`${name}: ${JSON.stringify(modules)}, not ${wanted}`);
        }
        await expectTrust(path.join(folder, name), worker.text, expected, [authority, other]);
      }
      const refused = await render('/etc/kolla/certificates/ca/root.crt').then(
        () => 'accepted',
        (error: Error) => error.message,
      );
      if (!/came out as a text\s+without a\s+certificate\s+in PEM/.test(refused)) throw new Error(`a path in place of a certificate: ${refused}`);
    },
  },
];

/** A certificate authority that nobody else knows. */
async function selfSigned(folder: string): Promise<string> {
  const file = path.join(folder, 'other.crt');
  await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', '/dev/null', '-subj', '/CN=other', '-days', '1', '-out', file]);
  return fs.readFileSync(file, 'utf8');
}

/** cloud-init's own module on a cloud-config, with the system's certificates in a folder of ours. It ends with what `update-ca-certificates` ends with. */
const CA_CERTS = `
import logging, sys, types, yaml
from cloudinit.config import cc_ca_certs as module
text, folder = sys.argv[1:]
update = ['update-ca-certificates', '--certsconf', folder + '/conf', '--certsdir', folder + '/usr', '--localcertsdir', folder + '/local',
          '--etccertsdir', folder + '/etc', '--hooksdir', folder + '/hooks']
known = module._distro_ca_certs_configs('debian')
assert known['ca_cert_update_cmd'] == ['update-ca-certificates']
module._distro_ca_certs_configs = lambda name: {**known, 'ca_cert_full_path': folder + '/local/' + known['ca_cert_filename'], 'ca_cert_update_cmd': update,
                                                'ca_cert_config': None}
cloud = types.SimpleNamespace(distro=types.SimpleNamespace(name='debian'))
module.handle('ca_certs', yaml.safe_load(open(text)), cloud, logging.getLogger(), [])
`;

/** Fails unless a node with that cloud-config would trust those certificates and no other. */
async function expectTrust(folder: string, text: string, trusted: readonly string[], all: readonly string[]): Promise<void> {
  for (const name of ['usr', 'local', 'etc', 'hooks']) fs.mkdirSync(path.join(folder, name), { recursive: true });
  fs.writeFileSync(path.join(folder, 'conf'), '');
  const file = path.join(folder, 'cloud-config');
  fs.writeFileSync(file, text, { mode: 0o600 });
  await run('/usr/bin/python3', ['-c', CA_CERTS, file, folder]);
  for (const certificate of all) {
    const { code } = await exec('openssl', ['verify', '-no-CApath', '-CAfile', path.join(folder, 'etc', 'ca-certificates.crt')], {
      input: certificate,
    });
    if ((code === 0) !== trusted.includes(certificate)) {
      throw new Error(`${path.basename(folder)}: openssl verify of a certificate ended with ${code}`);
    }
  }
}
