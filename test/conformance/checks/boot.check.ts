import * as fs from 'node:fs';
import type { Check } from '../harness/check';
import { nodeUserData } from '../harness/cluster-files';
import { ADDRESS, BenchNode, expectExit as expect, expectSameState, NODE_NEEDS, PEER, PROGRAMS } from '../harness/node-bench';
import { run } from '../harness/process';

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
      node.set('STRATA_PATIENCE', '120');
      expect('init', await node.boot(), 0, 'init', 'nodes-control-plane-0 is a node of nodes');
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

      // its functions, against the real etcd and apiserver
      expect('our member', await node.call('our_member'), 0, 'voter');
      expect('the API', await node.call('probe', ADDRESS), 0, 'ready');
      expect('nobody', await node.call('probe', '198.51.100.3'), 0, 'silent');
      const silent = await node.call('silent_everywhere');
      if (silent.code === 0) throw new Error('a cluster that answers is called silent');

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

      // kubeadm#2138: a member whose data is gone is found by its peer address, and removed
      const learner = 'https://198.51.100.7:2380';
      expect('a learner', await node.call('etcd_call', 'add', JSON.stringify({ peerURLs: [learner], isLearner: true })), 0);
      expect('its member', await node.call('eval', 'STRATA_ADDRESS=198.51.100.7; our_member'), 0, 'learner');
      expect('its removal', await node.call('eval', 'STRATA_ADDRESS=198.51.100.7; remove_member "$(our_member)"'), 0);
      expect('no member', await node.call('eval', 'STRATA_ADDRESS=198.51.100.7; [[ -z $(our_member) ]]'), 0);

      await node.powerOff();
      expect('a reboot', await node.boot(), 0, 'starting this member again');
      await sameCluster('after a reboot');
      context.log('rebooted');

      await node.powerOff();
      node.replaceServer('bbbbbbbb-0000-4000-8000-000000000002');
      expect('a replaced server', await node.boot(), 0, 'starting this member again', 'deleting the Node nodes-control-plane-0 of a former server');
      await sameCluster('after a replaced server');
      expect(
        'the Node',
        await node.kubectl('get', 'node', 'nodes-control-plane-0', '-o', 'jsonpath={.spec.providerID}'),
        0,
        'openstack:///bbbbbbbb-0000',
      );
      context.log('replaced');

      // cut in the middle of init: the last phases are made up for
      await node.kubectl('-n', 'kube-public', 'delete', 'configmap', 'cluster-info');
      await node.run('bash', '-c', `mount "$0" /mnt && touch /mnt/init-pending && umount /mnt`, node.volumeDevice);
      await node.powerOff();
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

      // somebody removed its member while it was down: etcd would end for good
      await second.powerOff();
      await first.powerOff();
    },
  },
];
