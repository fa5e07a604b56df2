import * as fs from 'node:fs';
import * as path from 'node:path';
import { stringify } from 'yaml';
import { isNextStep } from '../../../lib/kubernetes/authority-generations';
import { ClusterSecurity } from '../../../lib/kubernetes/cluster-security';
import { isReadable, secretWays } from '../../../lib/kubernetes/secret-ways';
import type { Check } from '../harness/check';
import { ADDRESS, BenchNode, NODE_NEEDS, PEER, PROGRAMS, THIRD } from '../harness/node-bench';
import { expectExit as expect, run, waitFor } from '../harness/process';
import { type RotationStep, rotationSteps } from '../harness/rotation-files';
import { Workspace } from '../harness/terraform';

const LIBRARY = path.join(__dirname, '..', '..', '..', 'lib', 'kubernetes');
const ENDPOINT = 'api.nodes.internal';
const PKI = '/etc/kubernetes/pki';

/** Who asks an API server, and by whom the API server must be vouched for. */
interface Client {
  readonly authorities: string;
  readonly certificate?: { readonly certificate: string; readonly key: string };
  readonly token?: string;
  readonly headers?: readonly string[];
}

export const checks: readonly Check[] = [
  {
    name: 'two slots join at once; then authorities and the key of Secrets are replaced slot by slot, the API never stops answering, and what is of the old ones is refused at the end',
    needs: [...NODE_NEEDS, 'kube-controller-manager'],
    run: async (context) => {
      const steps = await rotationSteps(context);
      const nodes = [ADDRESS, PEER, THIRD].map((address, i) => new BenchNode(context, address, `nodes-control-plane-${i}`));
      const [first, second, third] = nodes;
      for (const node of nodes) {
        await node.start(steps.old.controlPlane);
        await node.attachBlankVolume();
        node.set('STRATA_PATIENCE', '120');
        node.set('STRATA_PEERS', nodes.map(({ address }) => address).join(' '));
        if (node !== first) node.set('STRATA_INIT_VOLUME', '00000000-54c7-4a35-8a3b-2f9f4c1c9d10');
      }
      await first.connect(second);
      await first.connect(third);
      await second.connect(third);
      expect('a birth', await first.boot(), 0, 'init');
      // kubeadm#2005: two join at once, and one waits for the other's lease
      const joins = await Promise.all([second, third].map((node) => node.boot()));
      for (const join of joins) expect('a join', join, 0, 'joining it');
      const waited = joins.map(({ output }) => /waiting for the lease kube-system\/strata-join \(aaaaaaaa-0000-4000-8000-0{11}[34]\)/.test(output));
      if (waited.filter(Boolean).length !== 1) throw new Error(`of two that join at once, ${waited.filter(Boolean).length} waited for the other`);
      const { members } = JSON.parse((await first.call('etcd_call', 'list', '{}')).stdout) as { members: { isLearner?: boolean }[] };
      if (members.length !== 3 || members.some(({ isLearner }) => isLearner)) throw new Error(`the members are ${JSON.stringify(members)}`);
      context.log('born');

      // Before there were others, the first was alone: that is all that its user data says.
      await second.takeVip(first);
      first.set('STRATA_PEERS', ADDRESS);
      expect('a snapshot', await first.inVolume('strata-snapshot'), 0, 'saved /var/lib/etcd/snapshots/etcd-');
      expect('a copy of it', await first.onVolume('cp /mnt/snapshots/etcd-*.db "$1"/snapshot.db', first.folder), 0);
      const restore = () => first.program('strata-restore', first.path('snapshot.db'));
      // a second cluster would be made beside those that its user data doesn't know: its etcd does, or the API behind the common address
      expect('a restore beside others', await restore(), 1, 'STOPPED', 'is up: with it there would be two clusters');
      await first.powerOff();
      expect(
        'a restore beside others that nobody here knows',
        await restore(),
        1,
        'STOPPED',
        'while this node is down: another control-plane node is up',
      );
      expect('a reboot of the one that was alone', await first.boot(), 0, 'starting this member again');
      first.set('STRATA_PEERS', nodes.map(({ address }) => address).join(' '));

      // --- clients -----------------------------------------------------------------------------------------------------------------------
      let files = 0;
      const file = (node: BenchNode, text: string) => {
        files += 1;
        node.write(`/etc/strata/client-${files}`, text);
        return `/etc/strata/client-${files}`;
      };
      const curl = (from: BenchNode, at: BenchNode, client: Client, url: string, ...further: string[]) => {
        const args = ['-sS', '--max-time', '20', '--cacert', file(from, client.authorities)];
        if (client.certificate) args.push('--cert', file(from, client.certificate.certificate), '--key', file(from, client.certificate.key));
        if (client.token) args.push('-H', `Authorization: Bearer ${client.token}`);
        for (const header of client.headers ?? []) args.push('-H', header);
        return from.run('/usr/bin/curl', ...args, ...further, '--resolve', `${ENDPOINT}:6443:${at.address}`, `https://${ENDPOINT}:6443${url}`);
      };
      /** The status of an answer; 000 if there is none, or none that the client trusts. */
      const ask = async (from: BenchNode, at: BenchNode, client: Client, url = '/api/v1/namespaces/default/secrets/kept'): Promise<string> =>
        (await curl(from, at, client, url, '-o', '/dev/null', '-w', '%{http_code}')).stdout;
      const expectStatus = async (what: string, client: Client, wanted: string, url?: string, of: readonly BenchNode[] = nodes) => {
        for (const node of of) {
          const status = await ask(node, node, client, url);
          if (status !== wanted) throw new Error(`${what} at ${node.name}: ${status} in place of ${wanted}`);
        }
      };
      /** Who somebody is to an API server; the status of its answer if nobody. */
      const review = async (node: BenchNode, client: Client): Promise<string> => {
        const body = JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' });
        const url = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
        const post = ['-H', 'Content-Type: application/json', '--data-binary', body, '-w', '\n%{http_code}'];
        const { stdout } = await curl(node, node, client, url, ...post);
        return /"username": ?"([^"]*)"/.exec(stdout)?.[1] ?? stdout.trim().split('\n').pop()!;
      };
      const expectReview = async (what: string, client: Client, wanted: string, of: readonly BenchNode[] = nodes) => {
        for (const node of of) {
          const found = await review(node, client);
          if (found !== wanted) throw new Error(`${what} at ${node.name}: ${found} in place of ${wanted}`);
        }
      };
      const trustOf = (step: RotationStep) => step.worker.files['/etc/strata/ca.crt'];
      const adminOf = (step: RotationStep): Client => ({ authorities: trustOf(step), certificate: step.admin });
      const pairOf = (node: BenchNode, name: string) => ({ certificate: node.read(`${PKI}/${name}.crt`), key: node.read(`${PKI}/${name}.key`) });
      const tokenOf = async () => {
        const token = await first.kubectl('create', 'token', 'default');
        expect('a token', token, 0);
        return token.stdout.trim();
      };
      const frontProxy = (node: BenchNode): Client => ({
        authorities: trustOf(steps.sign),
        certificate: pairOf(node, 'front-proxy-client'),
        headers: ['X-Remote-User: somebody-behind', 'X-Remote-Group: system:authenticated'],
      });
      /** As the controller manager signs it; a worker's kubelet keeps it for months. */
      const kubelet = async (step: RotationStep): Promise<Client> => {
        const folder = fs.mkdtempSync(path.join(context.folder, 'kubelet-'));
        const at = (name: string) => path.join(folder, name);
        fs.writeFileSync(at('ca.crt'), step.controlPlane.files[`${PKI}/ca.crt`]);
        fs.writeFileSync(at('ca.key'), step.controlPlane.files[`${PKI}/ca.key`]);
        const subject = '/O=system:nodes/CN=system:node:nodes-general-0';
        await run('openssl', [
          'req',
          '-new',
          '-newkey',
          'ec',
          '-pkeyopt',
          'ec_paramgen_curve:P-256',
          '-nodes',
          '-keyout',
          at('key'),
          '-out',
          at('csr'),
          '-subj',
          subject,
        ]);
        fs.writeFileSync(at('ext'), 'extendedKeyUsage=clientAuth\n');
        const ca = ['-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '1', '-extfile', at('ext')];
        await run('openssl', ['x509', '-req', '-in', at('csr'), ...ca, '-out', at('crt')]);
        const read = (name: string) => fs.readFileSync(at(name), 'utf8');
        return { authorities: trustOf(step), certificate: { certificate: read('crt'), key: read('key') } };
      };

      // --- what there is before ----------------------------------------------------------------------------------------------------------
      expect('an account', await first.kubectl('create', 'serviceaccount', 'default'), 0);
      const word = Buffer.from('unmistakable-word').toString('base64');
      const many = Array.from({ length: 400 }, (_, i) => ({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: i === 0 ? 'kept' : `many-${i}` },
        data: { word },
      }));
      first.write('/etc/strata/many.yaml', many.map((secret) => stringify(secret)).join('---\n'));
      expect('Secrets', await first.kubectl('create', '-f', '/etc/strata/many.yaml'), 0);
      const old = {
        admin: adminOf(steps.old),
        token: await tokenOf(),
        kubelet: await kubelet(steps.old),
        frontProxy: frontProxy(first),
        etcd: pairOf(first, 'apiserver-etcd-client'),
      };
      await expectStatus('the administrator', old.admin, '200');
      await expectReview('a kubelet', old.kubelet, 'system:node:nodes-general-0');
      await expectReview('a token', { authorities: trustOf(steps.old), token: old.token }, 'system:serviceaccount:default:default');
      await expectReview('an API server to an API beside it', { ...old.frontProxy, authorities: trustOf(steps.old) }, 'somebody-behind');
      /** How many Secrets stand in etcd under each key. */
      const keysInEtcd = async (node = first) => {
        const tls = ['--cacert', `${PKI}/etcd/ca.crt`, '--cert', `${PKI}/apiserver-etcd-client.crt`, '--key', `${PKI}/apiserver-etcd-client.key`];
        const etcd = ['etcdctl', '--endpoints', `https://${node.address}:2379`, ...tls];
        const { stdout } = await node.run(...etcd, 'get', '--prefix', '/registry/secrets/', '--write-out=json');
        const counts: { [key: string]: number } = {};
        for (const { value } of (JSON.parse(stdout) as { kvs: { value: string }[] }).kvs) {
          const key = Buffer.from(value, 'base64').toString('latin1').split(':').slice(0, 5).join(':');
          counts[key] = (counts[key] ?? 0) + 1;
        }
        return counts;
      };
      const [KEY1, KEY2] = ['k8s:enc:secretbox:v1:key1', 'k8s:enc:secretbox:v1:key2'];

      // --- a step ------------------------------------------------------------------------------------------------------------------------
      let servers = 0;
      /** Rolls a slot, while somebody asks the others all the time. */
      const roll = async (node: BenchNode, step: RotationStep, client: Client, boot = () => node.boot()): Promise<void> => {
        const others = nodes.filter((other) => other !== node);
        let rolling = true;
        let asked = 0;
        const poll = async () => {
          while (rolling) {
            const answers: string[] = [];
            for (const other of others) {
              if (answers.includes('200')) break;
              answers.push(await ask(other, other, client));
            }
            asked += 1;
            if (!answers.includes('200')) throw new Error(`while ${node.name} was rolled, the others answered ${answers.join(' and ')}`);
            await new Promise((resolve) => setTimeout(resolve, 500));
          }
        };
        const polling = poll();
        polling.catch(() => undefined);
        try {
          await node.powerOff();
          servers += 1;
          node.rollTo(`aaaaaaaa-0000-4000-8000-0000000001${String(servers).padStart(2, '0')}`, step.controlPlane);
          expect(`${node.name} is rolled`, await boot(), 0, `${node.name} is a node of nodes`);
        } finally {
          rolling = false;
        }
        await polling;
        if (asked < 3) throw new Error(`while ${node.name} was rolled, nobody asked`);
      };

      // 1. both are trusted, the old ones sign
      for (const node of nodes) await roll(node, steps.trust, old.admin);
      await expectStatus('the administrator, before its kubeconfig is written anew', old.admin, '200');
      await expectStatus('the administrator, with the new kubeconfig', adminOf(steps.trust), '200');
      await expectReview('a kubelet', old.kubelet, 'system:node:nodes-general-0');
      context.log('trusted');

      // 2. the new ones sign, one slot after the other; one is cut on the way
      await roll(first, steps.sign, adminOf(steps.trust));
      await expectStatus('who trusts the old authority alone, at a slot that the new one signs for', old.admin, '000', undefined, [first]);
      const mixed = await second.program('strata-reencrypt');
      expect(
        'while slots write with different keys',
        mixed,
        1,
        'in different ways',
        KEY1,
        KEY2,
        'STOPPED',
        'not every slot has been rolled. Nothing was changed',
      );
      let cuts = 0;
      await roll(second, steps.sign, adminOf(steps.trust), async () => {
        for (const [number, what] of [
          [5, 'program'],
          [9, 'power'],
          [14, 'program'],
        ] as const) {
          if (await second.bootUntil(number, what)) cuts += 1;
        }
        return second.boot();
      });
      if (cuts !== 3) throw new Error(`the roll was cut ${cuts} times, not three times`);
      // the last slot writes Secrets anew, and is killed over it: the node is made all the same
      const [program, real] = ['strata-reencrypt', 'strata-reencrypt-whole'].map((name) => `${PROGRAMS}/${name}.sh`);
      const killer = [
        '#!/bin/bash',
        'setsid "${BASH_SOURCE[0]%.sh}-whole.sh" "$@" >/etc/strata/killed.log 2>&1 &',
        'until grep -q "100 of" /etc/strata/killed.log; do :; done',
        'kill -9 -- -$!',
        'exit 9',
      ].join('\n');
      await roll(third, steps.sign, adminOf(steps.trust), async () => {
        third.write(real, third.read(program));
        third.write(program, killer);
        const booted = await third.boot();
        expect('a boot whose rewriting is killed', booted, 0, 'not every Secret is written as it writes them');
        return booted;
      });
      const half = await keysInEtcd(second);
      if (!(half[KEY1] > 0 && half[KEY2] > 100)) throw new Error(`killed half-way, etcd has ${JSON.stringify(half)}`);
      for (const admin of [{ ...old.admin, authorities: trustOf(steps.trust) }, adminOf(steps.sign)]) {
        await expectStatus('an administrator', admin, '200');
      }
      const kubeletOfNew = await kubelet(steps.sign);
      for (const client of [{ ...old.kubelet, authorities: trustOf(steps.trust) }, kubeletOfNew]) {
        await expectReview('a kubelet', client, 'system:node:nodes-general-0');
      }
      const token = await tokenOf();
      for (const one of [old.token, token]) {
        await expectReview('a token', { authorities: trustOf(steps.sign), token: one }, 'system:serviceaccount:default:default');
      }
      for (const one of [old.frontProxy, frontProxy(first)]) await expectReview('an API server to an API beside it', one, 'somebody-behind');
      // a worker of the step before admits the API server
      first.write('/etc/strata/trusted.crt', trustOf(steps.trust));
      expect(
        'verified',
        await first.run('openssl', 'verify', '-CAfile', '/etc/strata/trusted.crt', '-purpose', 'sslclient', `${PKI}/apiserver-kubelet-client.crt`),
        0,
      );
      context.log('signed anew');

      // the controller manager takes one authority to sign with, and would end at once over two
      const signer = `--cluster-signing-cert-file=${PKI}/signing-ca.pem`;
      const command =
        "mapfile -t command < <(sed -n '/^  - command:/,/^    image:/s/^    - //p' /etc/kubernetes/manifests/kube-controller-manager.yaml)";
      const pruned = `${command}; timeout 20 "\${command[@]/${signer.replace(/\//g, '\\/')}/--v=0}" --leader-elect=false`;
      expect('a controller manager as kubeadm makes it', await first.run('bash', '-c', pruned), 1, 'expected 1 certificate, found 2');
      const running = first.run(
        'bash',
        '-c',
        `${command}; exec timeout 300 "\${command[@]}" --leader-elect=false --controllers=certificatesigningrequest-signing-controller,root-ca-certificate-publisher-controller`,
      );
      const csr = fs.mkdtempSync(path.join(context.folder, 'csr-'));
      await run('openssl', [
        'req',
        '-new',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-keyout',
        path.join(csr, 'key'),
        '-out',
        path.join(csr, 'csr'),
        '-subj',
        '/O=system:nodes/CN=system:node:nodes-general-1',
      ]);
      const spec = {
        request: fs.readFileSync(path.join(csr, 'csr')).toString('base64'),
        signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
        usages: ['digital signature', 'client auth'],
      };
      first.write(
        '/etc/strata/request.yaml',
        stringify({ apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', metadata: { name: 'one' }, spec }),
      );
      expect('a request', await first.kubectl('create', '-f', '/etc/strata/request.yaml'), 0);
      expect('its approval', await first.kubectl('certificate', 'approve', 'one'), 0);
      const issued = async () =>
        Buffer.from((await first.kubectl('get', 'csr', 'one', '-o', 'jsonpath={.status.certificate}')).stdout, 'base64').toString();
      await waitFor('the controller manager to sign', async () => (await issued()) !== '', { timeoutMs: 60_000 });
      await expectReview(
        'who was signed for by the controller manager',
        { authorities: trustOf(steps.forget), certificate: { certificate: await issued(), key: fs.readFileSync(path.join(csr, 'key'), 'utf8') } },
        'system:node:nodes-general-1',
      );
      const published = async () => (await first.kubectl('get', 'configmap', 'kube-root-ca.crt', '-o', 'jsonpath={.data.ca\\.crt}')).stdout;
      await waitFor('the authorities for pods', async () => (await published()).split('BEGIN').length === 3, { timeoutMs: 60_000 });
      await first.run('bash', '-c', 'kill $(pgrep -f "^kube-controller-manager .*--leader-elect=false")');
      await running;
      context.log('the controller manager signs');

      // --- Secrets -----------------------------------------------------------------------------------------------------------------------
      // a slot without the former key does not start while it is needed
      await roll(first, steps.forget, adminOf(steps.sign), async () => {
        expect('a key that is taken away too early', await first.boot(), 1, 'STOPPED', KEY1, 'was born without that key');
        // somebody else changes a Secret all the time
        const others = await second.run(
          'bash',
          '-c',
          '"$0" >/etc/strata/rewritten.log 2>&1 & n=0; while kill -0 $! 2>/dev/null; do n=$((n + 1)); ' +
            'kubectl --kubeconfig /etc/kubernetes/super-admin.conf patch secret many-399 -p "{\\"stringData\\":{\\"n\\":\\"$n\\"}}" >/dev/null || exit 9; done; ' +
            'wait $!; rc=$?; cat /etc/strata/rewritten.log; echo "last $n"; exit $rc',
          second.path(program),
        );
        expect(
          'Secrets are written anew',
          others,
          0,
          `Secrets are written as ${KEY2}`,
          `are ${KEY1}`,
          'were written anew; etcd holds',
          `all of them ${KEY2}`,
        );
        const last = /last (\d+)/.exec(others.stdout)![1];
        const kept = await second.kubectl('get', 'secret', 'many-399', '-o', 'jsonpath={.data.n}');
        if (Buffer.from(kept.stdout, 'base64').toString() !== last) throw new Error(`a change of somebody else was lost: ${last} was written last`);
        context.log(others.stdout.trim().split('\n').at(-2) ?? '');
        return first.boot();
      });
      const after = await keysInEtcd();
      if (Object.keys(after).join() !== KEY2) throw new Error(`after the Secrets were written anew, etcd has ${JSON.stringify(after)}`);
      expect('once more', await first.program('strata-reencrypt'), 0, '0 Secrets were written anew');
      expect('no trial is left', await first.kubectl('-n', 'kube-system', 'get', 'secret', 'strata-reencrypt'), 1, 'NotFound');

      // 3. the old ones are forgotten, slot by slot
      for (const node of [second, third]) await roll(node, steps.forget, adminOf(steps.sign));
      const now = trustOf(steps.forget);
      await expectStatus('the administrator', adminOf(steps.forget), '200');
      await expectStatus('the old administrator', { ...old.admin, authorities: now }, '401');
      await expectStatus('who trusts the old authority alone', { ...adminOf(steps.forget), authorities: trustOf(steps.old) }, '000');
      await expectReview('a kubelet', { ...kubeletOfNew, authorities: now }, 'system:node:nodes-general-0');
      await expectReview('the old kubelet', { ...old.kubelet, authorities: now }, '401');
      await expectReview('a token', { authorities: now, token }, 'system:serviceaccount:default:default');
      await expectReview('the old token', { authorities: now, token: old.token }, '401');
      await expectReview('an API server to an API beside it', { ...frontProxy(first), authorities: now }, 'somebody-behind');
      await expectReview('the old API server to an API beside it', { ...old.frontProxy, authorities: now }, '401');
      const [oldCertificate, oldKey] = [file(first, old.etcd.certificate), file(first, old.etcd.key)];
      const health = (...certificate: string[]) =>
        first.run(
          '/usr/bin/curl',
          '-s',
          '--cacert',
          `${PKI}/etcd/ca.crt`,
          ...certificate,
          '-d',
          '{}',
          `https://${ADDRESS}:2379/v3/maintenance/status`,
        );
      expect('etcd', await health('--cert', `${PKI}/apiserver-etcd-client.crt`, '--key', `${PKI}/apiserver-etcd-client.key`), 0, 'leader');
      if ((await health('--cert', oldCertificate, '--key', oldKey)).code === 0) throw new Error("etcd admits the old authority's client");
      // what the cluster says of itself
      const lines = (text: string) => text.replace(/\s/g, '');
      const info = (await first.kubectl('-n', 'kube-public', 'get', 'configmap', 'cluster-info', '-o', 'jsonpath={.data.kubeconfig}')).stdout;
      const told = Buffer.from(/certificate-authority-data: (\S+)/.exec(info)![1], 'base64').toString();
      if (lines(told) !== lines(now)) throw new Error('cluster-info has not the new authority alone');
      const beside = JSON.parse(
        (await first.kubectl('-n', 'kube-system', 'get', 'configmap', 'extension-apiserver-authentication', '-o', 'json')).stdout,
      ).data;
      for (const [key, wanted] of Object.entries({
        'client-ca-file': now,
        'requestheader-client-ca-file': steps.forget.controlPlane.files[`${PKI}/front-proxy-ca.crt`],
      })) {
        if (lines(beside[key]) !== lines(wanted)) throw new Error(`${key} has not the new authority alone`);
      }
      if (nodes.some((node) => fs.existsSync(node.path(`${PKI}/signing-ca.pem`)))) throw new Error('a file is left of the time of two authorities');
      for (const node of nodes) {
        if (node.read('/etc/kubernetes/manifests/kube-controller-manager.yaml').includes(signer)) throw new Error('so is an argument');
      }
      context.log('forgotten');
    },
  },
  {
    name: "what runs beside Terraform takes a kubeconfig of one step before for the cluster's, and one of another cluster for another's",
    needs: ['terraform'],
    run: async (context) => {
      const steps = await rotationSteps(context);
      const ca = (step: RotationStep) => step.worker.files['/etc/strata/ca.crt'];
      const login = fs.readFileSync(path.join(LIBRARY, 'kubectl-login.sh'), 'utf8');
      const shared = async (one: string, other: string) => {
        const script = `${login}\n[[ -n $(certificates <<<"$1" | grep -xFf <(certificates <<<"$2")) ]] && echo same || echo other`;
        const environment = { STRATA_CLUSTER: 'nodes', STRATA_CA: '', STRATA_KUBECONFIG: '' };
        return (await run('bash', ['-c', script, 'test', one, other], { env: environment })).stdout.trim();
      };
      const order = [steps.old, steps.trust, steps.sign, steps.forget];
      for (const [i, step] of order.entries()) {
        for (const near of order.slice(Math.max(0, i - 1), i + 2)) {
          if ((await shared(ca(step), ca(near))) !== 'same') throw new Error(`step ${i} is another cluster to its neighbour`);
        }
      }
      if ((await shared(ca(steps.old), ca(steps.forget))) !== 'other') throw new Error('two authorities are taken for one');
    },
  },
  {
    name: 'of the steps in which authorities and keys of Secrets are replaced, Terraform lets each begin after the one before it, and no other',
    needs: ['terraform'],
    run: async (context) => {
      const folder = path.join(context.folder, 'empty');
      const workspace = new Workspace(context, { folder, configuration: { terraform: {} } });
      await workspace.init();
      const marks = ['1', '1-2', '2-1', '2', '3-2'];
      const allowed: { readonly [next: string]: readonly string[] } = {
        '1': ['1', '1-2'],
        '1-2': ['1', '1-2', '2-1'],
        '2-1': ['1-2', '2-1', '2'],
        '2': ['2-1', '2'],
        '3-2': ['3-2'],
      };
      for (const [next, wanted] of Object.entries(allowed)) {
        const found = await workspace.evaluate(`[for mark in ${JSON.stringify(marks)} : mark if ${isNextStep('mark', next.split('-'))}]`);
        if (found.join() !== wanted.join()) throw new Error(`${next} may come after ${found.join(', ')}, not ${wanted.join(', ')}`);
      }

      const kms = (writes: boolean, ...encryptionKeys: string[]): ClusterSecurity => ({ encryptionKeys, barbicanKms: { writes } });
      const keys = (...encryptionKeys: string[]): ClusterSecurity => ({ encryptionKeys });
      const none = keys();
      for (const [next, former, possible] of [
        [keys('key1'), {}, true],
        [keys('key1', 'key2'), {}, true],
        [keys('key2', 'key1'), {}, false],
        [keys('key2'), {}, false],
        [none, {}, false],
        [keys('key2', 'key1'), keys('key1', 'key2'), true],
        [keys('key2'), keys('key1', 'key2'), false],
        [keys('key2'), keys('key2', 'key1'), true],
        [keys('key1', 'key2'), keys('key2', 'key1'), true],
        [kms(true, 'key1'), {}, false],
        [kms(false, 'key1'), {}, true],
        [kms(true, 'key1'), kms(false, 'key1'), true],
        [kms(true), kms(true, 'key1'), true],
        [keys('key1'), kms(true, 'key1'), false],
        [keys('key1'), kms(false, 'key1'), true],
        [keys('key1'), none, true],
        [kms(false), none, true],
        [kms(true), kms(false), true],
      ] as const) {
        const found = await workspace.evaluate(`${isReadable(`"${secretWays(former)}"`, secretWays(next))}`);
        if (found !== possible) throw new Error(`from ${JSON.stringify(former)} to ${JSON.stringify(next)}: ${found}, not ${possible}`);
      }
    },
  },
];
