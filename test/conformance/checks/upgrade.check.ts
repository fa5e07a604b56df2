import * as fs from 'node:fs';
import { parse, stringify } from 'yaml';
import { KubernetesVersion } from '../../../lib/core/kubernetes-version';
import type { Check } from '../harness/check';
import { type NodeUserData, userDataOfVersions } from '../harness/cluster-files';
import { ADDRESS, BenchNode, expectSameState, NEWEST, NODE_NEEDS, PEER, PREVIOUS, THIRD } from '../harness/node-bench';
import { expectExit as expect, tail } from '../harness/process';

const OTHER_VOLUME = '00000000-54c7-4a35-8a3b-2f9f4c1c9d10';
const [OLD, NEW] = [PREVIOUS, NEWEST].map(({ version }) => `v${version}`);
/** What each minor's kubeadm puts into manifests and add-ons: the default of its own constants. */
const IMAGES = { [OLD]: { etcd: '3.6.6-0', coredns: 'v1.13.1' }, [NEW]: { etcd: '3.6.8-0', coredns: 'v1.14.2' } };
/** Of the cluster's one configuration: the newer version asks for it, the older one did not. */
const SETTING = '--event-ttl=2h0m0s';

/** With a setting more in the cluster's configuration. */
function withSetting({ files, ...rest }: NodeUserData): NodeUserData {
  const name = '/etc/strata/kubeadm-cluster.yaml';
  const configuration = parse(files[name]);
  configuration.apiServer.extraArgs.push({ name: 'event-ttl', value: '2h0m0s' });
  return { ...rest, files: { ...files, [name]: stringify(configuration) } };
}

/** What kubeadm and the boot program write into the cluster, whole; what API servers alone see to, and what is a node's or expires, is left out. */
async function written(node: BenchNode, field: 'content' | 'resourceVersion' = 'content'): Promise<string> {
  const kinds = 'configmaps,deployments,daemonsets,services,serviceaccounts,roles,rolebindings,clusterroles,clusterrolebindings';
  const found = await node.kubectl('get', kinds, '-A', '-o', 'json');
  expect('what the cluster has', found, 0);
  type Item = { kind: string; metadata: { namespace?: string; name: string; resourceVersion: string; labels?: { [name: string]: string } } };
  const { items } = JSON.parse(found.stdout) as { items: (Item & { [field: string]: unknown })[] };
  return items
    .filter(
      ({ metadata }) => metadata.labels?.['kubernetes.io/bootstrapping'] === undefined && metadata.name !== 'extension-apiserver-authentication',
    )
    .map(({ kind, metadata, apiVersion: _, status: __, ...content }) => {
      const { namespace = '', name, resourceVersion } = metadata;
      return `${kind} ${namespace}/${name} ${field === 'content' ? JSON.stringify(content) : resourceVersion}`;
    })
    .sort()
    .join('\n');
}

/** The node's own files, but for what ends with the server. */
async function filesOf(node: BenchNode): Promise<string> {
  const found = await node.run('bash', '-c', 'cd / && find etc/kubernetes var/lib/strata var/lib/kubelet -type f -exec sha256sum {} + | sort');
  expect('its files', found, 0);
  return found.stdout;
}

export const checks: readonly Check[] = [
  {
    name: 'control-plane slots are upgraded to the next minor one by one; those that wait stay as they are, the add-ons follow the last, and the end is a cluster as it is born',
    needs: [...NODE_NEEDS, 'previous-kubernetes'],
    run: async (context) => {
      if (PREVIOUS.version !== KubernetesVersion.V1_35.version) {
        throw new Error(`the library deploys ${KubernetesVersion.V1_35.version}, and ${PREVIOUS.version} is built`);
      }
      const [before, after] = await userDataOfVersions(context, KubernetesVersion.V1_35, KubernetesVersion.V1_36);
      const older = before.controlPlane;
      const newer = withSetting(after.controlPlane);

      // what it is to be at the end: of a cluster that never was another
      const reference = new BenchNode(context);
      await reference.start(newer);
      await reference.attachBlankVolume();
      reference.set('STRATA_PATIENCE', '120');
      expect('a birth in the newer version', await reference.boot(), 0, 'init');
      const [born, bornCluster] = [await reference.state(), await written(reference)];
      await reference.powerOff();
      fs.rmSync(reference.folder, { recursive: true });

      const nodes = [ADDRESS, PEER, THIRD].map((address, i) => new BenchNode(context, address, `nodes-control-plane-${i}`, PREVIOUS));
      const [first, second, third] = nodes;
      for (const node of nodes) {
        await node.start(older);
        await node.attachBlankVolume();
        node.set('STRATA_PATIENCE', '120');
        node.set('STRATA_PEERS', nodes.map(({ address }) => address).join(' '));
        if (node !== first) node.set('STRATA_INIT_VOLUME', OTHER_VOLUME);
      }
      await first.connect(second);
      await first.connect(third);
      await second.connect(third);
      expect('a birth', await first.boot(), 0, 'init', `every API server is at ${OLD}`);
      for (const node of [second, third]) expect('a join', await node.boot(), 0, 'joining it');

      const members = async () => {
        const listed = await first.call('etcd_call', 'list', '{}');
        expect('the members', listed, 0);
        const list: { ID: string; name: string }[] = JSON.parse(listed.stdout).members;
        return list
          .map(({ ID, name }) => `${name}=${ID}`)
          .sort()
          .join(' ');
      };
      const wereMembers = await members();
      if (wereMembers.split(' ').length !== nodes.length) throw new Error(`the members are ${wereMembers}`);
      /** Each slot's API server answers, in this version, and its manifests are of kubeadm's of this version. */
      const expectVersions = async (when: string, ...wanted: string[]) => {
        for (const [i, node] of nodes.entries()) {
          const answer = await node.kubectl('get', '--raw', '/version');
          expect(`${when}, ${node.name}`, answer, 0, `"gitVersion": "${wanted[i]}"`);
          const manifests = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'etcd'].map((name) => {
            const manifest = node.read(`/etc/kubernetes/manifests/${name}.yaml`);
            return /image: .*\/([^/\s]*)$/m.exec(manifest)?.[1];
          });
          const version = wanted[i];
          const images = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].map((name) => `${name}:${version}`);
          if (manifests.join() !== [...images, `etcd:${IMAGES[version].etcd}`].join()) {
            throw new Error(`${when}, ${node.name}: ${manifests.join(' ')}`);
          }
        }
        const now = await members();
        if (now !== wereMembers) throw new Error(`${when}: the members were ${wereMembers}, they are ${now}`);
      };
      /** What the cluster says of itself: its configuration's version, which can go ahead, and that of its add-ons, which can't. */
      const expectCluster = async (when: string, configuration: string, addons: string) => {
        const field = async (...words: string[]) => (await second.kubectl('-n', 'kube-system', 'get', ...words)).stdout;
        const image = '{.spec.template.spec.containers[0].image}';
        const found = {
          kubeadm: /kubernetesVersion: (.*)/.exec(await field('configmap', 'kubeadm-config', '-o', 'jsonpath={.data.ClusterConfiguration}'))?.[1],
          revision: await field('configmap', 'strata', '-o', 'jsonpath={.data.revision}'),
          addons: await field('configmap', 'strata', '-o', 'jsonpath={.data.addons}'),
          proxy: (await field('daemonset', 'kube-proxy', '-o', `jsonpath=${image}`)).split(':')[1],
          dns: (await field('deployment', 'coredns', '-o', `jsonpath=${image}`)).split(':')[1],
        };
        const revision = `${configuration.slice(1)}-1`;
        const wanted = { kubeadm: configuration, revision, addons, proxy: addons, dns: IMAGES[addons].coredns };
        if (JSON.stringify(found) !== JSON.stringify(wanted)) {
          throw new Error(`${when}: ${JSON.stringify(found)} in place of ${JSON.stringify(wanted)}`);
        }
      };
      await expectVersions('born', OLD, OLD, OLD);
      await expectCluster('born', OLD, OLD);
      expect('a Secret', await first.kubectl('create', 'secret', 'generic', 'kept', '--from-literal=word=kept'), 0);
      context.log('born');

      let servers = 0;
      /** Another server in the slot, with the image and the user data of this version. */
      const roll = async (node: BenchNode, userData: NodeUserData, programs: typeof NEWEST) => {
        await node.powerOff();
        servers += 1;
        node.rollTo(`bbbbbbbb-0000-4000-8000-${String(servers).padStart(12, '0')}`, userData, programs);
      };
      const has = (node: BenchNode) => node.read('/etc/kubernetes/manifests/kube-apiserver.yaml').includes(SETTING);
      /** One of these is named, whichever etcd lists first. */
      const stay = (at: string, addresses: readonly string[], theirs: string, ours: string) =>
        new RegExp(`CoreDNS and kube-proxy stay at ${at}: the API server at (${addresses.join('|')}) is at ${theirs}, not at ${ours} yet`);

      // the first slot: the configuration goes ahead, the add-ons do not, and who waits is not touched
      const waiting = [await filesOf(second), await filesOf(third)];
      await roll(first, newer, NEWEST);
      const raised = await first.throughCuts(() => first.boot(), { places: 'upload-config|kubectl .*(create|patch)|addon' });
      const told = [
        `becomes revision ${NEW.slice(1)}-1 (it was ${OLD.slice(1)}-1)`,
        'starting this member again',
        stay(OLD, [PEER, THIRD], OLD, NEW),
      ];
      expect('the first slot', { ...raised, code: 0, stdout: '', stderr: '' }, 0, ...told);
      await expectVersions('the first slot', NEW, OLD, OLD);
      await expectCluster('the first slot', NEW, OLD);
      expectSameState('who waits', waiting.join('\n'), [await filesOf(second), await filesOf(third)].join('\n'));
      context.log(`the first slot, cut ${raised.cuts} times`);

      // one minor behind: a reboot and the daily renewal change nothing, here or in the cluster
      const behind = [await written(second, 'resourceVersion'), await second.state(), await filesOf(second)];
      await second.powerOff();
      const reboot = await second.boot();
      expect('a reboot while it waits', reboot, 0, 'starting this member again');
      if (reboot.output.includes('revision')) throw new Error(`a reboot while it waits:\n${reboot.output}`);
      for (const node of nodes) expect('the next day', await node.inVolume('strata-renew'), 0);
      const now = [await written(second, 'resourceVersion'), await second.state(), await filesOf(second)];
      expectSameState('a reboot while it waits', behind.join('\n'), now.join('\n'));
      await expectVersions('a reboot while it waits', NEW, OLD, OLD);

      // a new server of the older version, as who makes a lost one anew before its turn: the cluster's settings, in its own version
      await roll(second, older, PREVIOUS);
      const taken = [
        `the cluster is at revision ${NEW.slice(1)}-1, this server was born with ${OLD.slice(1)}-1`,
        "the cluster's configuration is taken",
      ];
      expect('a server that is behind', await second.boot(), 0, ...taken);
      if (!has(second)) throw new Error("a server that is behind did not take the cluster's settings");
      await expectVersions('a server that is behind', NEW, OLD, OLD);
      await expectCluster('a server that is behind', NEW, OLD);
      context.log('those that are behind');

      await roll(second, newer, NEWEST);
      expect('the second slot', await second.boot(), 0, 'starting this member again', stay(OLD, [THIRD], OLD, NEW));
      await expectVersions('the second slot', NEW, NEW, OLD);
      await expectCluster('the second slot', NEW, OLD);

      await roll(third, newer, NEWEST);
      const last = await third.throughCuts(() => third.boot());
      if (!last.output.includes(`every API server is at ${NEW}: so become the addons`)) {
        throw new Error(`the last slot, without the add-ons:\n${tail(last.output, 60)}`);
      }
      context.log(`the last slot, cut ${last.cuts} times`);
      await expectVersions('the end', NEW, NEW, NEW);
      await expectCluster('the end', NEW, NEW);
      const others = (state: string) => state.replace(/^.*nodes-control-plane-[12].*\n/gm, '');
      expectSameState('an upgraded cluster', bornCluster, await written(first));
      expectSameState('its first slot', born, others(await first.state()));
      expect('the Secret', await third.kubectl('get', 'secret', 'kept', '-o', 'jsonpath={.data.word}'), 0, Buffer.from('kept').toString('base64'));
      expect('no lease', await third.kubectl('-n', 'kube-system', 'get', 'lease', 'strata-join'), 1, 'NotFound');

      // a plan refuses to go back; a server that comes all the same takes the cluster nowhere
      const ended = await written(first);
      await roll(third, older, PREVIOUS);
      expect('a server that is too old', await third.boot(), 0, ...taken, stay(NEW, [ADDRESS, PEER], NEW, OLD));
      await expectVersions('a server that is too old', NEW, NEW, OLD);
      expectSameState('a server that is too old', ended, await written(first));
    },
  },
];
