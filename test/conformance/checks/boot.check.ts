import * as fs from 'node:fs';
import * as path from 'node:path';
import { parse, stringify } from 'yaml';
import { TOKEN_DESCRIPTION } from '../../../lib/kubernetes/bootstrap/kubeadm-config';
import type { Check } from '../harness/check';
import { nodeUserData } from '../harness/cluster-files';
import { ADDRESS, BenchNode, expectSameState, NODE_NEEDS, PEER, PROGRAMS } from '../harness/node-bench';
import { exec, expectExit as expect, run, tail, waitFor } from '../harness/process';

const LIBRARY = path.join(__dirname, '..', '..', '..', 'lib', 'kubernetes');
/** What changes a disk but is no program of the node. */
const STATE = '^(mv|rm|touch) ';
const OTHER_VOLUME = '00000000-54c7-4a35-8a3b-2f9f4c1c9d10';

export const checks: readonly Check[] = [
  {
    name: 'a control-plane node is born, rebooted, cut, replaced and robbed of its volume, and there is never a second cluster',
    needs: NODE_NEEDS,
    run: async (context) => {
      const node = new BenchNode(context);
      await node.start((await nodeUserData(context)).controlPlane);

      node.set('STRATA_PATIENCE', '5');
      expect('without its volume', await node.boot(), 1, 'STOPPED', 'is not attached', 'never taken for a blank one');

      await node.attachBlankVolume();
      await run('mkfs.ext4', ['-q', '-L', 'somebody', node.volumeDevice]);
      expect('with a foreign file system', await node.boot(), 1, 'STOPPED', 'holds ext4', 'not touched');
      const label = (await run('blkid', ['-p', '-s', 'LABEL', '-o', 'value', node.volumeDevice])).stdout.trim();
      if (label !== 'somebody') throw new Error(`the foreign file system was touched: its label is ${label}`);

      await node.attachBlankVolume();
      const slot = node.read('/etc/strata/slot.env');
      node.write('/etc/strata/slot.env', slot.replace(/INIT_VOLUME=.*/, `INIT_VOLUME="${OTHER_VOLUME}"`));
      expect('blank, silent, no right', await node.boot(), 1, 'STOPPED', 'no right to make a new cluster');
      if (fs.existsSync(node.path('/etc/kubernetes/manifests/etcd.yaml'))) throw new Error('a node without the right wrote an etcd manifest');

      node.write('/etc/strata/slot.env', slot);
      const onDisk = (milliseconds: number, setting: string) =>
        node.call('eval', `measure_fsync() { echo ${milliseconds}; }; STRATA_SLOW_DISK=${setting}; check_disk`);
      expect('a real measurement', await node.call('eval', 'ETCD_MOUNT=/tmp; (($(measure_fsync) >= 0))'), 0);
      expect('a slow disk', await onDisk(57, 'refuse'), 1, 'STOPPED', '57 ms', 'allowSlowDisk');
      expect('one that is allowed', await onDisk(57, 'allow'), 0, 'WARNING', '57 ms');
      expect('one that is not fast', await onDisk(11, 'refuse'), 0, 'WARNING', '11 ms');

      node.set('STRATA_PATIENCE', '120');
      const resolvers = (...addresses: string[]) => node.write('/etc/resolv.conf', addresses.map((address) => `nameserver ${address}\n`).join(''));
      const ofPods = () => /resolvConf: (.*)/.exec(node.read('/var/lib/kubelet/config.yaml'))?.[1];
      resolvers('127.0.0.53');
      node.write('/etc/strata/static-pods/beside.yaml', stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'beside' } }));
      expect('init', await node.boot(), 0, 'no name server but itself', 'init', 'nodes-control-plane-0 is a node of nodes');
      if (ofPods() !== '/var/lib/strata/resolv.conf') throw new Error(`pods get ${ofPods()}`);
      if (node.read('/var/lib/strata/resolv.conf') !== `nameserver ${ADDRESS}\n`) throw new Error('pods have not the node for a name server');
      const beside = () => node.read('/etc/kubernetes/manifests/beside.yaml'); // what API servers need beside them
      if (!beside().includes('name: beside')) throw new Error('the static pod beside the API server is not there');
      expect('cluster-info', await node.kubectl('-n', 'kube-public', 'get', 'configmap', 'cluster-info'), 0);
      expect(
        'the Node',
        await node.kubectl('get', 'node', 'nodes-control-plane-0', '-o', 'jsonpath={.spec.providerID}'),
        0,
        'openstack:///aaaaaaaa-0000',
      );
      const uid = (await node.kubectl('get', 'namespace', 'kube-system', '-o', 'jsonpath={.metadata.uid}')).stdout;
      const sameCluster = async (when: string) => {
        const now = (await node.kubectl('get', 'namespace', 'kube-system', '-o', 'jsonpath={.metadata.uid}')).stdout;
        if (now !== uid || uid === '') throw new Error(`${when}: another cluster (kube-system was ${uid}, is ${now})`);
      };
      context.log('born');

      // who doesn't log in sees health and the public cluster-info; privileged pods are refused; the audit log says who did what
      const status = async (url: string) =>
        (await node.run('curl', '-sk', '-o', '/dev/null', '-w', '%{http_code}', `https://${ADDRESS}:6443${url}`)).stdout;
      const answers = await Promise.all(
        ['/readyz', '/api/v1/namespaces/kube-public/configmaps/cluster-info', '/version', '/api/v1/nodes'].map(status),
      );
      if (answers.join(' ') !== '200 200 401 401') throw new Error(`anonymous requests are answered with ${answers.join(' ')}`);
      expect('an account', await node.kubectl('create', 'serviceaccount', 'default'), 0);
      const pod = (privileged: boolean) => {
        const container = { name: 'one', image: 'none', securityContext: { privileged } };
        const spec = { automountServiceAccountToken: false, containers: [container] };
        node.write('/etc/strata/pod.yaml', stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'one' }, spec }));
        return node.kubectl('create', '--dry-run=server', '-f', '/etc/strata/pod.yaml');
      };
      expect('a privileged pod', await pod(true), 1, 'violates PodSecurity "baseline:latest"');
      expect('another pod', await pod(false), 0, 'would violate PodSecurity "restricted:latest"');
      const audit = node.read('/var/log/kubernetes/audit/audit.log');
      if (!/"verb":"create".*"resource":"serviceaccounts"/.test(audit)) throw new Error('the audit log lacks what was made');

      // its functions, against the real etcd and apiserver
      expect('our member', await node.call('our_member'), 0, 'voter');
      expect('the API', await node.call('probe', ADDRESS), 0, 'ready');
      expect('nobody', await node.call('probe', '198.51.100.3'), 0, 'silent');
      const silent = await node.call('silent_everywhere');
      if (silent.code === 0) throw new Error('a cluster that answers is called silent');

      // an API server that is busy for longer than a request waits is asked again
      const apiServer = Number(fs.readFileSync(path.join(node.folder, 'pids', 'kube-apiserver'), 'utf8'));
      process.kill(apiServer, 'SIGSTOP');
      const once = node.call('kube_once', 'get', 'nodes');
      const again = node.call('recorded', 'revision');
      expect('one request to a busy API', await once, 1, 'Unable to connect');
      process.kill(apiServer, 'SIGCONT');
      expect('the next one', await again, 0, '1.36.0-1');
      expect('an answer that is none of its own', await node.call('kube', 'get', 'node', 'nobody'), 1, 'NotFound');

      // joins are serialised: one holder, others wait for a bounded time, and who died loses the lease
      const lease = (holder: string, ...then: string[]) =>
        node.call('eval', ['STRATA_PATIENCE=5', `STRATA_INSTANCE=${holder}`, 'take_lease', ...then].join('; '));
      expect('the lease', await lease('one'), 0);
      expect('the lease again', await lease('one'), 0);
      expect('the lease for another', await lease('two'), 1, 'STOPPED', 'its holder is server one');
      const patch = JSON.stringify({ spec: { renewTime: '2020-01-01T00:00:00.000000Z' } });
      expect('an old lease', await node.kubectl('-n', 'kube-system', 'patch', 'lease', 'strata-join', '--type=merge', '-p', patch), 0);
      expect('an expired lease', await lease('two', 'release_lease'), 0);
      expect('no lease', await node.kubectl('-n', 'kube-system', 'get', 'lease', 'strata-join'), 1, 'NotFound');

      // a holder that waits keeps it, one that lost it goes no further, and nobody releases another's
      const spec = async (field: string) =>
        (await node.kubectl('-n', 'kube-system', 'get', 'lease', 'strata-join', '-o', `jsonpath={.spec.${field}}`)).stdout;
      const long = 'LEASE_TAKEN=$((SECONDS - 400))';
      expect('a lease', await lease('one'), 0);
      const taken = await spec('renewTime');
      expect('a lease that was taken a moment ago', await node.call('eval', 'LEASE_TAKEN=$SECONDS; STRATA_INSTANCE=one; keep_lease'), 0);
      if ((await spec('renewTime')) !== taken) throw new Error('a new lease was renewed');
      expect('a lease that is held for long', await node.call('eval', `${long}; STRATA_INSTANCE=one; keep_lease`), 0);
      if ((await spec('renewTime')) === taken) throw new Error('the lease was not renewed');
      expect(
        "another's",
        await node.call('eval', `${long}; STRATA_INSTANCE=two; keep_lease`),
        1,
        'STOPPED',
        "is not this server's any more, but one's",
      );
      const lostAnswer = [
        'eval "real_$(declare -f kube)"',
        'between() { kube_once -n kube-system delete lease strata-join && (STRATA_INSTANCE=three; take_lease); }',
        'kube() { if [[ $1 == delete ]]; then between >/dev/null; fi; real_kube "$@"; }',
        'release_lease',
      ];
      expect('a release whose answer is lost', await lease('one', ...lostAnswer), 0);
      if ((await spec('holderIdentity')) !== 'three') throw new Error(`the next holder's lease is ${await spec('holderIdentity')}'s`);
      expect('its release', await lease('three', 'release_lease'), 0);
      expect('no lease', await node.kubectl('-n', 'kube-system', 'get', 'lease', 'strata-join'), 1, 'NotFound');

      // kubeadm#2138: a member whose data is gone is found by its peer address, and removed
      const learner = 'https://198.51.100.7:2380';
      expect('a learner', await node.call('etcd_call', 'add', JSON.stringify({ peerURLs: [learner], isLearner: true })), 0);
      expect('its member', await node.call('eval', 'STRATA_ADDRESS=198.51.100.7; our_member'), 0, 'learner');
      expect('its removal', await node.call('eval', 'STRATA_ADDRESS=198.51.100.7; remove_member "$(our_member)"'), 0);
      expect('no member', await node.call('eval', 'STRATA_ADDRESS=198.51.100.7; [[ -z $(our_member) ]]'), 0);

      const before = await node.state();
      await node.powerOff();
      resolvers('127.0.0.53', '198.51.100.53');
      const reboot = await node.throughCuts(() => node.boot());
      if (!reboot.output.includes('starting this member again')) throw new Error(`a reboot:\n${tail(reboot.output, 60)}`);
      expectSameState(`a reboot that was cut ${reboot.cuts} times`, before, await node.state());
      if (!node.read('/var/lib/strata/resolv.conf').includes('198.51.100.53')) throw new Error("the network's name server did not come to the pods");
      await sameCluster('after a reboot');
      context.log('rebooted');

      await node.powerOff();
      node.replaceServer('bbbbbbbb-0000-4000-8000-000000000002');
      expect('a replaced server', await node.boot(), 0, 'starting this member again', 'deleting the Node nodes-control-plane-0 of a former server');
      if (beside() === '') throw new Error('a replaced server is without the static pod');
      if (ofPods() !== undefined) throw new Error(`with name servers of the network pods get ${ofPods()}, not the system's own`);
      await sameCluster('after a replaced server');
      expect(
        'the Node',
        await node.kubectl('get', 'node', 'nodes-control-plane-0', '-o', 'jsonpath={.spec.providerID}'),
        0,
        'openstack:///bbbbbbbb-0000',
      );
      context.log('replaced');

      // the right to init is used up: the same first volume, without its data, makes no second cluster
      await node.powerOff();
      node.set('STRATA_PATIENCE', '5');
      await node.onVolume('mv /mnt/data /mnt/elsewhere');
      expect('the first volume without its data', await node.boot(), 1, 'STOPPED', 'no right to make a new cluster');
      await node.onVolume('mv /mnt/elsewhere /mnt/data');
      node.set('STRATA_PATIENCE', '120');
      resolvers('::1'); // a node that is made already loses its name servers
      expect('the data is back', await node.boot(), 0, 'no name server but itself');
      if (ofPods() !== '/var/lib/strata/resolv.conf') throw new Error(`without name servers pods get ${ofPods()}`);
      await sameCluster('after the data was back');

      // cut in the middle of init: the last phases are made up for
      await node.kubectl('-n', 'kube-public', 'delete', 'configmap', 'cluster-info');
      await node.powerOff();
      await node.onVolume('touch /mnt/init-pending');
      expect('a cut init', await node.boot(), 0);
      expect('cluster-info again', await node.kubectl('-n', 'kube-public', 'get', 'configmap', 'cluster-info'), 0);
      await sameCluster('after a cut init');

      // the first volume is lost, and a new one comes in its place: its id is another, so there is no right
      await node.powerOff();
      await node.attachBlankVolume();
      node.write('/etc/strata/slot.env', slot.replace(/INIT_VOLUME=.*/, `INIT_VOLUME="${OTHER_VOLUME}"`));
      node.set('STRATA_PATIENCE', '5');
      expect('a lost volume', await node.boot(), 1, 'STOPPED', 'no right to make a new cluster', 'restore it on purpose');
    },
  },
  {
    name: 'a worker joins by its token, is cut before each of its steps, and comes back after its certificate has lapsed',
    needs: [...NODE_NEEDS, 'kube-controller-manager'],
    run: async (context) => {
      const first = new BenchNode(context);
      const worker = new BenchNode(context, '198.51.100.20', 'nodes-general-0');
      const userData = await nodeUserData(context);
      await first.start(userData.controlPlane);
      await first.attachBlankVolume();
      first.set('STRATA_PATIENCE', '120');
      await worker.start(userData.worker);
      await first.connect(worker);
      await first.takeVip(worker);
      worker.set('STRATA_PATIENCE', '5');
      expect('without an API', await worker.boot(), 1, 'STOPPED', "the cluster's API at 198.51.100.9 is not ready after");
      expect('init', await first.boot(), 0, 'init');

      // nobody signs: its kubelet is well and has a kubeconfig, and yet it has not joined
      const settled = () => fs.existsSync(worker.path('/var/lib/strata/settled'));
      const configuration = worker.read('/etc/strata/kubeadm-join.yaml');
      worker.write('/etc/strata/kubeadm-join.yaml', configuration.replace(/tlsBootstrap: .*/, 'tlsBootstrap: 2s'));
      worker.set('STRATA_PATIENCE', '60');
      expect('without a certificate', await worker.boot(), 1, 'waiting for TLS bootstrap', 'STOPPED', 'this node has not joined');
      if (!fs.existsSync(worker.path('/etc/kubernetes/kubelet.conf')) || settled()) throw new Error('a kubelet without a certificate is no node');

      // kubeadm fails, and the kubelet runs all the same
      first.startControllers('certificatesigningrequest-approving-controller', 'certificatesigningrequest-signing-controller');
      worker.write('/etc/strata/kubeadm-join.yaml', configuration);
      worker.set('STRATA_PATIENCE', '240');
      const kubeadm = worker.read('/bin/kubeadm');
      worker.write('/bin/kubeadm', kubeadm.replace('exec "$KUBEADM" "$@"', '"$KUBEADM" "$@" && exit 7'));
      const joined = await worker.boot();
      expect('a join that fails at its end', joined, 0, 'kubeadm join ended with 7', 'nodes-general-0 is a node of nodes');
      if (joined.output.split('Starting the kubelet').length !== 2) throw new Error(`it joined more than once:\n${joined.output}`);
      worker.write('/bin/kubeadm', kubeadm);
      const wanted = '{.metadata.name} {.metadata.labels} {.spec.providerID} {.spec.taints[?(@.key=="example.com/gpu")]}';
      const state = async () => {
        const found = await first.kubectl('get', 'node', worker.name, '-o', `jsonpath=${wanted}`);
        expect('its Node', found, 0, '"tier":"general"', 'openstack:///aaaaaaaa-0000-4000-8000-000000000020', '"value":"a100"');
        return [found.stdout, ...(await worker.fileNames())].join('\n');
      };
      const before = await state();
      context.log('joined');

      await worker.powerOff();
      const again = await worker.boot();
      expect('a reboot', again, 0, 'nodes-general-0 is a node of nodes');
      if (again.output.includes('kubelet-start')) throw new Error('it joined again');
      const current = '/var/lib/kubelet/pki/kubelet-client-current.pem';
      const certificate = () => worker.run('openssl', 'x509', '-noout', '-serial', '-checkend', '0', '-in', current);
      const had = await certificate();

      // off until its certificate had lapsed
      await worker.powerOff();
      const lapse = `openssl x509 -in ${current} -signkey ${current} -days 0 -out /tmp/lapsed.pem && cat /tmp/lapsed.pem >${current}; rm /tmp/lapsed.pem; sleep 1`;
      expect('a lapsed certificate', await worker.run('bash', '-c', lapse), 0);
      expect('it has lapsed', await certificate(), 1);
      expect('a boot after long', await worker.boot(), 0, 'WARNING', 'has lapsed while this server was off', 'nodes-general-0 is a node of nodes');
      const has = await certificate();
      expect('its new certificate', has, 0, 'serial=');
      if (has.stdout === had.stdout) throw new Error('it has the certificate of before');
      expectSameState('a worker that came back', before, await state());
      context.log('came back');

      await worker.powerOff();
      expect('its Node', await first.kubectl('delete', 'node', worker.name), 0);
      for (const name of ['etc/kubernetes', 'var/lib/kubelet', 'var/lib/strata']) fs.rmSync(worker.path(name), { recursive: true });
      context.log(`cut ${await worker.bootThroughCuts()} times`);
      expectSameState('a worker that was cut', before, await state());
    },
  },
  {
    name: "what is forwarded to the metadata service is dropped, by iptables or by nft, and the node's own processes reach it",
    needs: [...NODE_NEEDS, 'iptables', 'nft'],
    run: async (context) => {
      const node = new BenchNode(context);
      await node.start((await nodeUserData(context)).controlPlane);
      const pod = await node.neighbour('10.244.0.2');
      const cloud = await node.neighbour('169.254.169.254');
      void cloud('python3', '-m', 'http.server', '--bind', '169.254.169.254', '80');
      const url = 'http://169.254.169.254/';
      const itself = (...command: string[]) => node.run(...command);
      const expectAnswer = async (when: string, who: typeof pod, answer: boolean) => {
        const { code } = await who('/usr/bin/curl', '-s', '-o', '/dev/null', '--max-time', '3', url);
        if (code !== (answer ? 0 : 28)) throw new Error(`${when}: curl ends with ${code}`);
      };
      const serves = async () => (await node.run('/usr/bin/curl', '-s', '-o', '/dev/null', url)).code === 0;
      await waitFor('the metadata service', serves, { timeoutMs: 20_000 });
      const expectKept = async (by: string, kept: boolean) => {
        await expectAnswer(`a pod, ${by}`, pod, !kept);
        await expectAnswer(`the node, ${by}`, itself, true);
      };
      await expectKept('without a rule', false);

      node.set('STRATA_PATIENCE', '5');
      for (const boot of ['a boot', 'another boot']) expect(boot, await node.boot(), 1, 'is not attached');
      await expectKept('by iptables', true);
      const rules = (await node.run('iptables', '-t', 'raw', '-S', 'PREROUTING')).stdout.split('DROP').length - 1;
      if (rules !== 1) throw new Error(`two boots made ${rules} rules`);
      expect('no rule', await node.run('iptables', '-t', 'raw', '-F'), 0);
      await expectKept('without a rule again', false);

      const without = (...missing: string[]) =>
        node.call('eval', `command() { [[ " ${missing.join(' ')} " != *" $2 "* ]] && builtin command "$@"; }; keep_metadata_from_pods`);
      for (const time of ['once', 'twice']) expect(`without iptables, ${time}`, await without('iptables'), 0);
      await expectKept('by nft', true);
      expect('with neither', await without('iptables', 'nft'), 1, 'STOPPED', 'neither iptables nor nft is there');
    },
  },
  {
    name: 'a learner that a cut join left behind is promoted by the next run, for the API beside it is not ready before',
    needs: NODE_NEEDS,
    run: async (context) => {
      const first = new BenchNode(context);
      const second = new BenchNode(context, PEER, 'nodes-control-plane-1');
      const { controlPlane } = await nodeUserData(context);
      for (const node of [first, second]) {
        await node.start(controlPlane);
        await node.attachBlankVolume();
        node.set('STRATA_PATIENCE', '120');
      }
      await first.connect(second);
      expect('init', await first.boot(), 0, 'init');

      // as kubeadm join leaves it when it is cut before the promotion: a learner with data, a root disk without a word about it
      const peerUrl = `https://${PEER}:2380`;
      expect('a learner', await first.call('etcd_call', 'add', JSON.stringify({ peerURLs: [peerUrl], isLearner: true })), 0);
      const members = `${first.name}=https://${ADDRESS}:2380,${second.name}=${peerUrl}`;
      const cutJoin = [
        'install -d -m 700 $RUN; mount_etcd_volume && render && compose_ours && init_phase certs all && init_phase etcd local',
        `mapfile -t etcd < <(sed -n '/^  - command:/,/^    image:/s/^    - //p' /etc/kubernetes/manifests/etcd.yaml)`,
        `timeout 30 "\${etcd[@]}" --initial-cluster='${members}' --initial-cluster-state=existing & sleep 5; kill $!; wait || true; has_data`,
        'rm /etc/kubernetes/manifests/etcd.yaml',
      ];
      expect('a cut join', await second.call('eval', cutJoin.join('\n')), 0);
      const member = () => first.call('eval', `STRATA_ADDRESS=${PEER}; our_member`);
      expect('its member', await member(), 0, 'learner');

      // the instrument can fail: a program that doesn't promote never gets ready
      const common = second.read(`${PROGRAMS}/strata-common.sh`);
      second.write(`${PROGRAMS}/strata-common.sh`, `${common}\npromote_learner() { :; }\n`);
      second.set('STRATA_PATIENCE', '15');
      expect('a program that does not promote', await second.boot(), 1, 'STOPPED', 'is not ready', 'learner');
      await second.powerOff();
      second.write(`${PROGRAMS}/strata-common.sh`, common);
      second.set('STRATA_PATIENCE', '120');

      expect('the next run', await second.boot(), 0, 'starting this member again', 'nodes-control-plane-1 is a node of nodes');
      expect('its member after it', await member(), 0, 'voter');
      expect('its API', await second.call('probe', PEER), 0, 'ready');
      expect('its Node', await second.kubectl('get', 'node', second.name), 0);

      // both at once: each waits for the other's etcd, and none stops because nobody answers at first
      for (const node of [first, second]) await node.powerOff();
      const [one, two] = await Promise.all([first.boot(), second.boot()]);
      expect('the cold start of the first', one, 0, 'starting this member again');
      expect('the cold start of the second', two, 0, 'starting this member again');
    },
  },
  {
    name: 'a birth that is cut before each of its steps ends as one that is not cut',
    needs: NODE_NEEDS,
    run: async (context) => {
      const { controlPlane } = await nodeUserData(context);
      const states = [];
      for (const cut of [false, true]) {
        const node = new BenchNode(context);
        fs.rmSync(node.folder, { recursive: true, force: true });
        await node.start(controlPlane);
        await node.attachBlankVolume();
        if (cut) context.log(`cut ${await node.bootThroughCuts()} times`);
        else expect('a birth', await node.boot(), 0);
        states.push(await node.state());
        expect('init is over', await node.call('eval', '[[ ! -e $ETCD_MOUNT/init-pending ]]'), 0);
        await node.powerOff();
      }
      expectSameState('a birth that was cut', states[0], states[1]);
    },
  },
  {
    name: 'a slot joins, takes the place of its lost data, is cut before each of its steps, and joins again after its member was removed',
    needs: NODE_NEEDS,
    run: async (context) => {
      const first = new BenchNode(context);
      const second = new BenchNode(context, PEER, 'nodes-control-plane-1');
      const { controlPlane } = await nodeUserData(context);
      for (const node of [first, second]) {
        await node.start(controlPlane);
        await node.attachBlankVolume();
        node.set('STRATA_PATIENCE', '120');
      }
      second.set('STRATA_INIT_VOLUME', OTHER_VOLUME);
      await first.connect(second);
      expect('init', await first.boot(), 0, 'init');
      expect('a join', await second.boot(), 0, 'joining it', 'nodes-control-plane-1 is a node of nodes');
      const joined = await second.state();
      if (!joined.includes('member nodes-control-plane-1 voter')) throw new Error(`it has not joined:\n${joined}`);
      context.log('joined');

      // the first was born when it was alone, and finds the others all the same: by etcd, or by who serves the API
      const peers = (setting: string) => first.call('eval', `${setting}; echo "peers: $STRATA_PEERS."`);
      expect('by etcd', await peers('STRATA_PEERS=; know_peers'), 0, `peers: ${PEER}.`);
      const alone = 'STRATA_PEERS=; STRATA_ADDRESS=198.51.100.77'; // whose etcd doesn't run
      expect('nobody to ask', await peers(`${alone}; know_peers || echo none`), 0, 'none');
      expect('by the API', await peers(`${alone}; meet_peers ${ADDRESS}`), 0, ADDRESS, PEER);

      // kubeadm#2138: its volume and its server are lost; its member is still listed, its Node still there. The last one of two must not be lost so.
      await first.call(
        'etcd_call',
        'remove',
        JSON.stringify({ ID: (await first.call('eval', `STRATA_ADDRESS=${PEER}; our_member`)).stdout.split(' ')[0] }),
      );
      await second.powerOff();
      expect('a stale member', await first.call('etcd_call', 'add', JSON.stringify({ peerURLs: [`https://${PEER}:2380`], isLearner: true })), 0);
      second.replaceServer('cccccccc-0000-4000-8000-000000000003');
      await second.attachBlankVolume();
      const cuts = await second.bootThroughCuts();
      context.log(`joined again, cut ${cuts} times`);
      expectSameState('a join that was cut', joined, await second.state());
      expect('its Node', await second.kubectl('get', 'node', second.name, '-o', 'jsonpath={.spec.providerID}'), 0, 'openstack:///cccccccc-0000');

      // its member is removed while it runs: etcd there ends for good, and its data is of no use
      const id = (await first.call('eval', `STRATA_ADDRESS=${PEER}; our_member`)).stdout.split(' ')[0];
      expect('a removal', await first.call('etcd_call', 'remove', JSON.stringify({ ID: id })), 0);
      await second.powerOff();
      const rejoin = await second.throughCuts(() => second.boot(), { places: STATE });
      for (const words of ['no longer knows this member', 'goes to /var/lib/etcd/aside-', 'joining it']) {
        if (!rejoin.output.includes(words)) throw new Error(`a removed member, without "${words}":\n${tail(rejoin.output, 60)}`);
      }
      expectSameState('a removed member that was cut', joined, await second.state());
      context.log(`rejoined, cut ${rejoin.cuts} times`);

      // one configuration: the higher revision is written first, a lower one takes the cluster's, no minor is left out
      const argument = { name: 'event-ttl', value: '2h0m0s' };
      const configuration = parse(second.read('/etc/strata/kubeadm-cluster.yaml'));
      configuration.apiServer.extraArgs.push(argument);
      second.set('STRATA_REVISION', '1.38.0-1');
      const agree = 'render; compose_ours; map_endpoint $STRATA_PEERS; mint_credentials; agree_on_configuration';
      expect('two minors at once', await second.call('eval', agree), 1, 'no minor can be left out');
      second.set('STRATA_REVISION', '1.36.0-2');
      second.write('/etc/strata/kubeadm-cluster.yaml', stringify(configuration));
      const older = JSON.stringify({ data: { addons: 'v1.35.0' } });
      expect('older addons', await first.kubectl('-n', 'kube-system', 'patch', 'configmap', 'strata', '--type=merge', '-p', older), 0);
      await second.powerOff();
      second.replaceServer('dddddddd-0000-4000-8000-000000000004');
      const raised = await second.throughCuts(() => second.boot(), { places: 'upload-config|kubectl .*(create|patch)|addon' });
      for (const words of ['becomes revision 1.36.0-2 (it was 1.36.0-1)', 'every API server is at v1.36.0']) {
        if (!raised.output.includes(words)) throw new Error(`a higher revision, without "${words}":\n${tail(raised.output, 60)}`);
      }
      const agreed = await first.kubectl('-n', 'kube-system', 'get', 'configmap', 'strata', '-o', 'jsonpath={.data}');
      expect('what is recorded', agreed, 0, '"revision":"1.36.0-2"', '"addons":"v1.36.0"');
      context.log(`raised, cut ${raised.cuts} times`);
      const uploaded = await first.kubectl('-n', 'kube-system', 'get', 'configmap', 'kubeadm-config', '-o', 'jsonpath={.data.ClusterConfiguration}');
      const manifest = (node: BenchNode) => node.read('/etc/kubernetes/manifests/kube-apiserver.yaml').includes('--event-ttl=2h0m0s');
      if (!uploaded.stdout.includes('event-ttl') || !manifest(second) || manifest(first)) throw new Error("the higher revision is not the cluster's");
      await first.powerOff();
      first.replaceServer('eeeeeeee-0000-4000-8000-000000000005');
      // Two members, one down: nobody answers, so it starts with its own and takes the cluster's as soon as there is one.
      await second.powerOff();
      const [one, two] = await Promise.all([first.boot(), second.boot()]);
      expect('the other slot, cold', two, 0);
      expect('a lower revision', one, 0, "the cluster's configuration is taken");
      if (!manifest(first)) throw new Error('the lower revision did not take the configuration of the cluster');
    },
  },
  {
    name: 'certificates renew themselves at two thirds of their life; a snapshot restores a cluster that is lost',
    needs: NODE_NEEDS,
    run: async (context) => {
      const node = new BenchNode(context);
      await node.start((await nodeUserData(context)).controlPlane);
      await node.attachBlankVolume();
      expect('init', await node.boot(), 0);
      const serial = async () => (await node.run('openssl', 's_client', '-connect', `${ADDRESS}:6443`)).stdout.match(/-----BEGIN[^]*?END/)?.[0];
      const certificates = () =>
        ['apiserver.crt', 'etcd/peer.crt', 'front-proxy-client.crt'].map((name) => node.read(`/etc/kubernetes/pki/${name}`)).join('');

      const [had, served] = [certificates(), await serial()];
      expect('nothing is due', await node.inVolume('strata-renew'), 0);
      if (certificates() !== had) throw new Error('fresh certificates were renewed');
      // the clock of the program is 250 days ahead: more than two thirds of a year
      const alone = 'the API server at 198.51.100.3 is not ready';
      const ahead = 'date() { if [[ $* == +%s ]]; then echo $(($(/bin/date +%s) + 250 * 86400)); else /bin/date "$@"; fi; }; export -f date';
      const member = await node.call('etcd_call', 'add', JSON.stringify({ peerURLs: [`https://${PEER}:2380`], isLearner: true }));
      expect('a peer', member, 0);
      expect('it is down', await node.inVolume('strata-renew', ahead), 1, 'STOPPED', alone);
      // taken out of etcd, as who takes slots away does; this server was told of it when it was born
      expect('it is gone', await node.call('etcd_call', 'remove', JSON.stringify({ ID: JSON.parse(member.stdout).member.ID })), 0);
      const before = await node.state();
      const renewed = await node.throughCuts(() => node.inVolume('strata-renew', ahead), { power: false });
      for (const words of ['two thirds of its life are over', 'renewed; the first']) {
        if (!renewed.output.includes(words)) throw new Error(`what is due, without "${words}":\n${tail(renewed.output, 60)}`);
      }
      expectSameState('a renewal that was cut', before, await node.state());
      const since = (name: string) => fs.statSync(node.path(name)).mtimeMs;
      if (since('pids/etcd') < since('/etc/kubernetes/pki/etcd/server.crt')) throw new Error('etcd runs since before its certificate was renewed');
      context.log(`renewed, cut ${renewed.cuts} times`);
      if (certificates() === had || (await serial()) === served) throw new Error('the certificates in use are still the old ones');
      expect('no lease is left', await node.kubectl('-n', 'kube-system', 'get', 'lease', 'strata-join'), 1, 'NotFound');
      expect('the new credentials', await node.run('kubectl', '--kubeconfig', '/etc/kubernetes/admin.conf', 'get', 'nodes'), 0, node.name);
      context.log('renewed');

      // the last slot of an upgrade could not ask every other one: the addons follow a day later
      const older = JSON.stringify({ data: { addons: 'v1.35.0' } });
      expect('older addons', await node.kubectl('-n', 'kube-system', 'patch', 'configmap', 'strata', '--type=merge', '-p', older), 0);
      expect('the next day', await node.inVolume('strata-renew'), 0, 'every API server is at v1.36.0');
      expect('no lease is left', await node.kubectl('-n', 'kube-system', 'get', 'lease', 'strata-join'), 1, 'NotFound');

      // it was off for so long that its certificates have lapsed, the kubelet's among them
      const lapsed = (file: string, ...signer: string[]) => [
        `openssl req -new -newkey rsa:2048 -nodes -subj /CN=lapsed -keyout ${file}.key -out ${file}.csr 2>/dev/null`,
        `openssl x509 -req -in ${file}.csr -days 0 ${signer.join(' ')} -out ${file}.crt 2>/dev/null`,
      ];
      const client = '/etc/kubernetes/pki/apiserver-etcd-client';
      const authority = ['-CA', '/etc/kubernetes/pki/etcd/ca.crt', '-CAkey', '/etc/kubernetes/pki/etcd/ca.key', '-CAcreateserial'];
      const own = '/var/lib/kubelet/pki/kubelet-client';
      const program = [
        'mkdir -p /var/lib/kubelet/pki',
        ...lapsed(client, ...authority),
        ...lapsed(own, '-signkey', `${own}.key`),
        `cat ${own}.crt ${own}.key >${own}-current.pem`,
        `rm ${own}.* ${client}.csr`,
        'sed -i "s|client-certificate-data: .*|client-certificate: /var/lib/kubelet/pki/kubelet-client-current.pem|" /etc/kubernetes/kubelet.conf',
      ];
      await node.powerOff();
      expect('lapsed certificates', await node.run('bash', '-ec', program.join('\n')), 0);
      expect('a member cannot be asked', await node.call('eval', 'render; compose_ours; init_phase certs apiserver-etcd-client'), 1);
      expect('now it can', await node.call('eval', 'render; compose_ours; mint_etcd_client'), 0);
      const revived = await node.throughCuts(() => node.boot(), { places: 'kubelet-client|kubeconfig kubelet', power: false });
      if (revived.cuts !== 2 || !revived.output.includes("the kubelet's certificate has lapsed")) {
        throw new Error(`a boot after long, cut ${revived.cuts} times:\n${tail(revived.output, 60)}`);
      }
      if (!node.read('/etc/kubernetes/kubelet.conf').includes('client-certificate-data')) throw new Error('the kubelet still has what has lapsed');
      if (fs.existsSync(node.path(`${own}-current.pem`))) throw new Error('the lapsed certificate is still there');
      expect('etcd is asked', await node.call('our_member'), 0, 'voter');

      expect('a secret', await node.kubectl('create', 'secret', 'generic', 'kept', '--from-literal=word=unmistakable-word'), 0);
      const saved = await node.state();
      expect('a snapshot', await node.inVolume('strata-snapshot'), 0, 'saved /var/lib/etcd/snapshots/etcd-');
      const raw = await node.onVolume('cp /mnt/snapshots/etcd-*.db "$1"/snapshot.db', node.folder);
      expect('a copy of it', raw, 0);
      const snapshot = fs.readFileSync(node.path('snapshot.db'));
      if (snapshot.includes('unmistakable-word')) throw new Error('a Secret stands in etcd as it is');
      if (!snapshot.includes('k8s:enc:secretbox:v1:key1')) throw new Error('no Secret is encrypted with key1');

      // a bucket, with keys of any characters; curl signs for it
      const bucket = [
        'import http.server, sys',
        'class Bucket(http.server.BaseHTTPRequestHandler):',
        '  def do_PUT(self):',
        '    size = len(self.rfile.read(int(self.headers["Content-Length"])))',
        '    self.send_response(200); self.end_headers()',
        '    open(sys.argv[1], "w").write(f"{self.path} {size} {self.headers[\'Authorization\']}")',
        `http.server.HTTPServer(("${ADDRESS}", 9000), Bucket).serve_forever()`,
      ];
      node.write('/etc/strata/bucket.py', bucket.join('\n'));
      const began = `setsid python3 /etc/strata/bucket.py ${node.path('put')} >/dev/null 2>&1 </dev/null & sleep 2`;
      expect('a bucket', await node.run('bash', '-c', began), 0);
      const base64 = (text: string) => Buffer.from(text).toString('base64');
      const access = {
        ACCESS_KEY_BASE64: base64('a"b$c'),
        SECRET_KEY_BASE64: base64('`id` \\ "'),
        URL: `http://${ADDRESS}:9000/backups`,
        REGION: 'eu-1',
      };
      const lines = Object.entries(access).map(([name, value]) => `STRATA_BUCKET_${name}="${value}"\n`);
      node.write('/etc/strata/bucket.env', lines.join(''));
      expect('a snapshot for it', await node.inVolume('strata-snapshot'), 0, 'it is in the bucket, too');
      const put = /^\/backups\/nodes\/nodes-control-plane-0\/etcd-\w+\.db \d{6,} AWS4-HMAC-SHA256 Credential=a"b\$c\/\d{8}\/eu-1\/s3\/aws4_request, /;
      if (!put.test(node.read('put'))) throw new Error(`the bucket was given ${node.read('put')}`);
      fs.rmSync(node.path('/etc/strata/bucket.env'));
      expect('a later change', await node.kubectl('create', 'configmap', 'lost'), 0);

      await node.powerOff();
      await node.attachBlankVolume();
      node.set('STRATA_INIT_VOLUME', OTHER_VOLUME);
      node.replaceServer('ffffffff-0000-4000-8000-000000000006');
      const broken = Buffer.from(snapshot);
      broken[1000] = 255 - broken[1000];
      fs.writeFileSync(node.path('broken.db'), broken);
      expect('a broken snapshot', await node.program('strata-restore', node.path('broken.db')), 1, 'STOPPED', 'its checksum is wrong');
      const restored = await node.throughCuts(() => node.program('strata-restore', node.path('snapshot.db')), { places: STATE });
      if (!restored.output.includes('is back, with this member alone')) throw new Error(`a restore:\n${tail(restored.output, 60)}`);
      context.log(`restored, cut ${restored.cuts} times`);
      expect(
        'what was saved',
        await node.kubectl('get', 'secret', 'kept', '-o', 'jsonpath={.data.word}'),
        0,
        Buffer.from('unmistakable-word').toString('base64'),
      );
      expect('what was not', await node.kubectl('get', 'configmap', 'lost'), 1, 'NotFound');
      expectSameState('a restore that was cut', saved, await node.state());
      await node.powerOff();
      expect('a reboot', await node.boot(), 0, 'starting this member again');
    },
  },
  {
    name: 'a restore deletes nothing that was set aside, and neither it nor a snapshot fills the volume',
    needs: NODE_NEEDS,
    run: async (context) => {
      const node = new BenchNode(context);
      await node.start((await nodeUserData(context)).controlPlane);
      await node.attachBlankVolume();
      node.set('STRATA_PATIENCE', '120');
      expect('init', await node.boot(), 0);
      expect('a snapshot', await node.inVolume('strata-snapshot'), 0, 'saved');
      expect('a copy of it', await node.onVolume('cp /mnt/snapshots/etcd-*.db "$1"/snapshot.db', node.folder), 0);
      const restore = () => node.program('strata-restore', node.path('snapshot.db'));
      const kept = async () => (await node.onVolume('cd /mnt && ls -d *-2*')).stdout.trim().split('\n');

      const older = ['aside-20200101T000000Z', 'before-restore-20200101T000000Z'];
      expect('of accidents before', await node.onVolume(`cd /mnt && mkdir ${older.join(' ')}`), 0);
      expect('little room', await node.onVolume('fallocate -l $(($(df --output=avail -B 1 /mnt | tail -n 1) - (100 << 20))) /mnt/filler'), 0);
      expect('a restore without room', await restore(), 1, 'STOPPED', 'MiB are free', 'etcdVolume.sizeGib');
      expect('the API after it', await node.call('probe', ADDRESS), 0, 'ready');
      expect('a snapshot without room', await node.inVolume('strata-snapshot'), 1, 'STOPPED', 'MiB are free: none was made', 'etcdVolume.sizeGib');
      expect('room', await node.onVolume('rm /mnt/filler'), 0);

      expect('a restore', await restore(), 0, 'goes to /var/lib/etcd/before-restore-', 'is back, with this member alone');
      const found = await kept();
      if (found.length !== 3 || older.some((name) => !found.includes(name))) throw new Error(`of ${older.join(' ')} there are ${found.join(' ')}`);
      const data = await node.onVolume(`ls /mnt/${found.find((name) => !older.includes(name))}/member/wal/*.wal`);
      expect('the data of before', data, 0);
    },
  },
  {
    name: 'a restore on a node without quorum ends the boot program that waits for one, and starts it again at its end',
    needs: NODE_NEEDS,
    run: async (context) => {
      const node = new BenchNode(context);
      await node.start((await nodeUserData(context)).controlPlane);
      await node.attachBlankVolume();
      node.set('STRATA_PATIENCE', '120');
      expect('init', await node.boot(), 0);
      expect('a snapshot', await node.inVolume('strata-snapshot'), 0, 'saved');
      expect('a copy of it', await node.onVolume('cp /mnt/snapshots/etcd-*.db "$1"/snapshot.db', node.folder), 0);
      const peer = JSON.stringify({ peerURLs: [`https://${PEER}:2380`] });
      expect('a voter that never comes', await node.call('etcd_call', 'add', peer), 0);
      await node.powerOff();

      const waiting = node.boot();
      const lock = node.path('/run/strata/lock');
      const busy = async () => fs.existsSync(lock) && (await exec('flock', ['--nonblock', lock, 'true'])).code === 1;
      await waitFor('the boot program', busy, { timeoutMs: 20_000 });
      const started = () => fs.existsSync(node.path('strata-boot-started'));
      expect('a restore', await node.program('strata-restore', node.path('snapshot.db')), 0, 'is back, with this member alone');
      expect('the boot program that waited', await waiting, 128, 'was ended by SIGTERM');
      if (!started()) throw new Error('the boot program was not started again');
      fs.rmSync(node.path('strata-boot-started'));
      expect('no snapshot', await node.program('strata-restore', '/nowhere.db'), 1, 'STOPPED', 'there is no file');
      if (!started()) throw new Error('the boot program was not started again after a refusal');
    },
  },
  {
    name: 'the token that workers join with is registered for a while, joins a worker that came first, and is refused once it was rotated',
    needs: NODE_NEEDS,
    run: async (context) => {
      const node = new BenchNode(context);
      const { controlPlane, worker } = await nodeUserData(context);
      await node.start(controlPlane);
      await node.attachBlankVolume();
      node.set('STRATA_PEERS', ADDRESS);
      const birth = await node.boot();
      expect('init', birth, 0);

      // what Terraform runs, and what a worker has
      const texts = ['kubectl-login.sh', 'register-token.sh'].map((file) => fs.readFileSync(path.join(LIBRARY, file), 'utf8'));
      const register = (token: string, environment: { readonly [name: string]: string } = {}) => {
        const variables = {
          STRATA_CLUSTER: 'nodes',
          STRATA_CA: controlPlane.files['/etc/kubernetes/pki/ca.crt'],
          STRATA_KUBECONFIG: '/etc/kubernetes/super-admin.conf',
          STRATA_BIRTH: 'false',
          STRATA_TOKEN: token,
          STRATA_TOKEN_HOURS: '24',
          STRATA_TOKEN_DESCRIPTION: TOKEN_DESCRIPTION,
          STRATA_ON_UNREACHABLE: 'fail',
          STRATA_HOST: `https://${ADDRESS}:6443`,
          STRATA_NAME: 'api.nodes.internal',
          ...environment,
        };
        return node.run('env', ...Object.entries(variables).map(([name, value]) => `${name}=${value}`), 'bash', '-c', texts.join(''));
      };
      const discovery = worker.files['/etc/strata/discovery.conf'];
      const first: string = parse(discovery).users[0].user.token;
      if (birth.output.includes(first)) throw new Error('the token stands on the console');
      const [second, third] = ['second.0123456789abcdef', '3third.0123456789abcdef'];
      const has = (token: string) => node.write('/etc/strata/discovery.conf', discovery.replace(first, token));
      const asWorker = (...command: string[]) =>
        node.run('kubectl', '--kubeconfig', '/etc/strata/discovery.conf', '--request-timeout=10s', ...command);
      const tokens = async () =>
        (await node.kubectl('-n', 'kube-system', 'get', 'secrets', '--field-selector=type=bootstrap.kubernetes.io/token', '-o', 'name')).stdout
          .split('\n')
          .filter((name) => name !== '')
          .sort()
          .join(' ');
      const named = (...list: string[]) => list.map((token) => `secret/bootstrap-token-${token.split('.')[0]}`).join(' ');
      const expectTokens = async (when: string, ...list: string[]) => {
        const found = await tokens();
        if (found !== named(...list)) throw new Error(`${when}: the tokens are ${found}, not ${named(...list)}`);
      };

      // the API server remembers for ten seconds who a token was
      const expectRefused = async (when: string) => {
        await waitFor(`${when} to be refused`, async () => (await asWorker('auth', 'whoami')).code === 1, { timeoutMs: 30_000 });
        expect(when, await asWorker('auth', 'whoami'), 1, 'Unauthorized');
      };

      // at birth by the first node, and not for ever
      await expectTokens('after the birth', first);
      has(first);
      const group = 'system:bootstrappers:kubeadm:default-node-token';
      expect('who a worker is', await asWorker('auth', 'whoami'), 0, `system:bootstrap:${first.split('.')[0]}`, group);
      const expiration = await node.kubectl(
        '-n',
        'kube-system',
        'get',
        `secret/bootstrap-token-${first.split('.')[0]}`,
        '-o',
        'jsonpath={.data.expiration}',
      );
      const hours = (Date.parse(Buffer.from(expiration.stdout, 'base64').toString()) - Date.now()) / 3_600_000;
      if (!(hours > 23 && hours <= 24)) throw new Error(`the first token is good for ${hours} hours`);

      // at birth there is no login as a rule, and it does for the token that the first node registered
      const atBirth = { STRATA_BIRTH: 'true', STRATA_KUBECONFIG: '/nonexistent' };
      expect('a birth', await register(first, atBirth), 0, 'the cluster is new', 'there is no kubeconfig');
      expect('a birth without an API', await register(second, { ...atBirth, STRATA_HOST: `https://${ADDRESS}:1` }), 0, 'the cluster is new');
      await expectTokens('after births', first);

      // it may ask for a node's certificate, and hardly anything else
      const key = node.path('etc/strata/worker.key');
      await run('openssl', [
        'req',
        '-new',
        '-newkey',
        'ed25519',
        '-nodes',
        '-keyout',
        key,
        '-out',
        `${key}.csr`,
        '-subj',
        '/O=system:nodes/CN=system:node:nodes-general-0',
      ]);
      const request = (name: string) => {
        const spec = {
          request: fs.readFileSync(`${key}.csr`).toString('base64'),
          signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
          usages: ['digital signature', 'client auth'],
        };
        node.write(
          '/etc/strata/request.yaml',
          stringify({ apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', metadata: { name }, spec }),
        );
        return asWorker('create', '--validate=false', '-f', '/etc/strata/request.yaml');
      };
      expect('its request', await request('one'), 0, 'created');
      for (const what of ['secrets', 'nodes', 'pods']) expect(`its ${what}`, await asWorker('get', what, '-A'), 1, 'Forbidden');
      for (const right of ['nodeclient', 'selfnodeclient']) {
        const approved = await node.kubectl(
          'auth',
          'can-i',
          'create',
          'certificatesigningrequests.certificates.k8s.io',
          `--subresource=${right}`,
          '--as=x',
          `--as-group=${group}`,
        );
        expect(`approval of ${right} for the token`, approved, right === 'nodeclient' ? 0 : 1);
      }

      // months later it has lapsed: kubeadm's own discovery waits for it, and goes on once it is registered
      const past = Buffer.from(new Date(Date.now() - 60_000).toISOString().replace(/\.\d+/, '')).toString('base64');
      const secret = `bootstrap-token-${first.split('.')[0]}`;
      expect(
        'it lapses',
        await node.kubectl('-n', 'kube-system', 'patch', 'secret', secret, '-p', JSON.stringify({ data: { expiration: past } })),
        0,
      );
      await expectRefused('a lapsed token');
      node.write(
        '/etc/strata/kubeadm-join.yaml',
        worker.files['/etc/strata/kubeadm-join.yaml'].replace(/@NODE_NAME@/g, 'nodes-general-0').replace(/@NODE_\w+@/g, ADDRESS),
      );
      let settled = false;
      const joining = node
        .run('kubeadm', 'join', 'phase', 'preflight', '--config', '/etc/strata/kubeadm-join.yaml', '--ignore-preflight-errors=all')
        .finally(() => (settled = true));
      await new Promise((resolve) => setTimeout(resolve, 4000));
      if (settled) throw new Error(`with a lapsed token, kubeadm does not wait: ${tail((await joining).output, 20)}`);
      // the birth took longer than that: it isn't over for workers before the token is good again
      expect('a late birth', await register(first, atBirth), 1, 'does not know the token', 'there is no kubeconfig', 'Apply again');
      expect('it is registered again', await register(first, { STRATA_BIRTH: 'true' }), 0, 'workers can join until');
      expect('a worker that came before its token', await joining, 0, 'Reading configuration from the "kubeadm-config" ConfigMap');
      context.log('joined');

      // a new generation; tokens of others stay
      const others = {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'bootstrap-token-others', namespace: 'kube-system' },
        type: 'bootstrap.kubernetes.io/token',
      };
      node.write(
        '/etc/strata/others.yaml',
        stringify({ ...others, stringData: { 'token-id': 'others', 'token-secret': '0123456789abcdef', description: 'of somebody else' } }),
      );
      expect('of others', await node.kubectl('create', '-f', '/etc/strata/others.yaml'), 0);
      expect('another one at birth', await register(second, atBirth), 1, 'does not know the token');
      expect('without kubeconfig', await register(second, { STRATA_KUBECONFIG: '/nonexistent' }), 1, 'there is no kubeconfig', 'none was taken away');
      expect(
        'a lost cluster',
        await register(second, { STRATA_KUBECONFIG: '/nonexistent', STRATA_ON_UNREACHABLE: 'continue' }),
        0,
        'no new worker can join',
      );
      const otherCa = await register(second, { STRATA_CA: controlPlane.files['/etc/kubernetes/pki/etcd/ca.crt'] });
      expect('another cluster', otherCa, 1, 'is of another cluster');
      await expectTokens('after refusals', first, 'others.');
      expect('a rotation', await register(second), 0, `(${secret}) is taken away`);
      await expectTokens('after a rotation', 'others.', second);
      expect('again', await register(second), 0);
      await expectTokens('after the same again', 'others.', second);
      await expectRefused('the stolen old token');
      expect('its request', await request('two'), 1, 'Unauthorized');
      has(second);
      expect('the new token', await request('two'), 0, 'created');
      has(third);
      expect('a token that nobody registered', await request('three'), 1, 'Unauthorized');
    },
  },
];
