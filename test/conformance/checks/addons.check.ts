import * as fs from 'node:fs';
import * as path from 'node:path';
import { HelmProvider } from '@cdktf/provider-helm/lib/provider';
import { KubernetesProvider } from '@cdktf/provider-kubernetes/lib/provider';
import { App, TerraformStack } from 'cdktf';
import { parseAllDocuments } from 'yaml';
import { ImageRegistries } from '../../../lib/core/image-registries';
import { KubernetesVersion } from '../../../lib/core/kubernetes-version';
import { CinderCsi } from '../../../lib/kubernetes/addons/cinder-csi/cinder-csi';
import { CinderSnapshotType } from '../../../lib/kubernetes/addons/cinder-csi/cinder-snapshot-class';
import { ReclaimPolicy } from '../../../lib/kubernetes/addons/cinder-csi/cinder-storage-class';
import { ClusterAddons } from '../../../lib/kubernetes/addons/cluster-addons/cluster-addons';
import { ManilaCsi } from '../../../lib/kubernetes/addons/manila-csi/manila-csi';
import { ShareProtocol } from '../../../lib/kubernetes/addons/manila-csi/manila-share-class';
import { OpenStackCloudController } from '../../../lib/kubernetes/addons/openstack-cloud-controller/openstack-cloud-controller';
import { kubernetesImages } from '../../../lib/kubernetes/kubernetes-images';
import { CinderVolumeClaim } from '../../../lib/workloads/cinder-volume-claim';
import { CinderVolumeSnapshot } from '../../../lib/workloads/cinder-volume-snapshot';
import { helmValues, TestCluster } from '../../kubernetes/addons/cluster';
import { type Block, Synthesised } from '../../support/synth';
import { APISERVER_NEEDS, type ApiServer, KUBERNETES, startApiServer } from '../harness/apiserver';
import type { Check, Context } from '../harness/check';
import { exec, run } from '../harness/process';
import { manifestsOf } from '../manifests';

const MIRROR = 'mirror.example.com:5000/all';

/** Add-ons with most options set somewhere, all images from one mirror: the stack, its folder, and the list of images. */
function addons(context: Context, version: KubernetesVersion) {
  const app = new App({ outdir: path.join(context.folder, `out-${version.minor}`) });
  ImageRegistries.replace(app, { all: MIRROR });
  const stack = new TerraformStack(app, 'addons');
  new KubernetesProvider(stack, 'kubernetes', {});
  new HelmProvider(stack, 'helm', {});
  const zones = [
    { compute: 'az1', volume: 'ceph1' },
    { compute: 'az2', volume: 'ceph2' },
  ];
  const cluster = new TestCluster(stack, 'Cluster', {
    version,
    zones,
    caCertificatePem: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
  });
  new OpenStackCloudController(stack, 'Ccm', { cluster });
  new CinderCsi(stack, 'CinderCsi', {
    cluster,
    storageClasses: [
      { name: 'fast', encryptedVolumeType: 'luks', isDefault: true, fileSystem: 'xfs', mountOptions: ['noatime'] },
      { name: 'kept', reclaimPolicy: ReclaimPolicy.RETAIN, computeZones: ['az1'] },
    ],
    snapshotClasses: [
      { name: 'quick', isDefault: true },
      { name: 'nightly', type: CinderSnapshotType.BACKUP, backupMaxDurationSecondsPerGib: 60 },
    ],
  });
  new ManilaCsi(stack, 'ManilaCsi', {
    cluster,
    protocols: [ShareProtocol.NFS, ShareProtocol.CEPHFS],
    shareClasses: [
      { name: 'shared', shareType: 'default', nfsClients: ['10.0.0.0/24', 'fd00::/64'] },
      { name: 'ceph', shareType: 'ceph', protocol: ShareProtocol.CEPHFS, mountOptions: ['ro'] },
    ],
  });
  const claim = CinderVolumeClaim.fromVolumeClaimAttributes(stack, 'Claim', { claimName: 'data-postgres-0' });
  new CinderVolumeSnapshot(stack, 'Snapshot', { cluster, claim, snapshotClass: 'quick' });
  app.synth();
  const folder = path.join(app.outdir, 'stacks', 'addons');
  const synthesised = new Synthesised(JSON.parse(fs.readFileSync(path.join(folder, 'cdk.tf.json'), 'utf8')));
  return { synthesised, folder, images: ClusterAddons.of(cluster).images };
}

/** What Helm makes of a release: of charts of our own, and of those of cloud-provider-openstack. Others can't be had. */
async function render(context: Context, folder: string, synthesised: Synthesised, release: Block): Promise<Block[]> {
  const chart = String(release.chart).startsWith('./')
    ? path.join(folder, release.chart)
    : path.join(context.value('CPO_CHARTS'), release.version, release.chart);
  if (!fs.existsSync(chart)) {
    if (release.chart === 'csi-driver-nfs') return [];
    throw new Error(`there is no chart ${chart}`);
  }
  const values = path.join(context.folder, `${release.name}.json`);
  fs.writeFileSync(values, JSON.stringify(release.values ? helmValues(synthesised, release) : {}));
  const { stdout } = await run(context.value('HELM'), ['template', release.name, chart, '--namespace', release.namespace, '--values', values]);
  return parseAllDocuments(stdout)
    .map((document) => document.toJS() as Block)
    .filter((object) => object !== null);
}

const named = ({ kind, metadata }: Block) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
const imagesIn = (objects: readonly Block[]) => [...JSON.stringify(objects).matchAll(/"image":"([^"]+)"/g)].map(([, image]) => image);

/** What of the wanted is not in the found. */
function missing(wanted: unknown, found: unknown, at = ''): string[] {
  // Helm writes null for what isn't given.
  if (wanted === null) return [];
  if (typeof wanted !== 'object') return wanted === found ? [] : [`${at}: ${JSON.stringify(wanted)} became ${JSON.stringify(found)}`];
  if (found === null || typeof found !== 'object') return Object.keys(wanted).length === 0 ? [] : [`${at} is gone`];
  return Object.entries(wanted).flatMap(([key, value]) => missing(value, (found as Block)[key], `${at}/${key}`));
}

/** Nothing in a bare apiserver acts on these: they are kept as they are applied. */
const INERT = /^(StorageClass|VolumeSnapshotClass|ClusterRole|ClusterRoleBinding|Role|RoleBinding|CSIDriver|ConfigMap)$/;

async function take(server: ApiServer, object: Block): Promise<void> {
  await server.kubectl(['apply', '--dry-run=server', '--validate=strict', '-f', '-'], JSON.stringify(object)).catch((error: Error) => {
    throw new Error(`${named(object)}: ${error.message}`);
  });
  if (!INERT.test(object.kind)) return;
  await server.kubectl(['apply', '-f', '-'], JSON.stringify(object));
  const { metadata } = object;
  const namespace = metadata.namespace === undefined ? [] : ['-n', metadata.namespace];
  const { stdout } = await server.kubectl(['get', `${object.kind}/${metadata.name}`, ...namespace, '-o', 'json']);
  const lost = missing(object, JSON.parse(stdout));
  if (lost.length > 0) throw new Error(`${named(object)} was not kept:\n${lost.join('\n')}`);
}

export const checks: readonly Check[] = [
  {
    name: 'add-ons: Helm renders their charts, a real apiserver takes every object, and each image is listed and comes from the mirror',
    needs: [...APISERVER_NEEDS, 'helm'],
    run: async (context) => {
      const server = await startApiServer(context);
      const { synthesised, folder, images } = addons(context, KUBERNETES);
      const rendered: Block[] = [];
      for (const release of Object.values(synthesised.resources('helm_release'))) {
        rendered.push(...(await render(context, folder, synthesised, release)));
      }
      const definitions = rendered.filter(({ kind }) => kind === 'CustomResourceDefinition');
      if (definitions.length !== 3) throw new Error(`expected 3 definitions, found ${definitions.length}`);
      for (const definition of definitions) {
        if (definition.metadata.annotations['helm.sh/resource-policy'] !== 'keep') throw new Error(`${named(definition)} would go with its release`);
        await server.kubectl(['apply', '--server-side', '-f', '-'], JSON.stringify(definition));
      }
      await server.kubectl(['wait', '--for=condition=Established', '--timeout=60s', ...definitions.map(({ metadata }) => `crd/${metadata.name}`)]);

      const all = [...rendered.filter(({ kind }) => kind !== 'CustomResourceDefinition'), ...manifestsOf(synthesised.json)];
      for (const object of all) await take(server, object);

      const listed = new Set(images.map(({ image }) => image));
      const used = imagesIn(all);
      for (const image of used) {
        if (!image.startsWith(`${MIRROR}/`)) throw new Error(`${image} doesn't come from the mirror`);
        if (!listed.has(image)) throw new Error(`${image} is not listed`);
      }
      context.log(`${all.length} objects, ${definitions.length} definitions, ${new Set(used).size} images`);

      // the instrument must be able to say no
      const [snapshots] = all.filter(({ kind }) => kind === 'VolumeSnapshotClass');
      const { code } = await exec(
        `${context.value('KUBERNETES_BIN')}/kubectl`,
        ['--kubeconfig', server.kubeconfig, 'apply', '--dry-run=server', '--validate=strict', '-f', '-'],
        { input: JSON.stringify({ ...snapshots, deletionPolicy: 'Sometimes' }) },
      );
      if (code === 0) throw new Error('the apiserver took a deletion policy that there is none of');
    },
  },
  {
    name: "add-ons: the charts of every minor take what is set, and kubeadm's list of images is ours",
    needs: ['helm', 'kubeadm'],
    run: async (context) => {
      for (const version of KubernetesVersion.all()) {
        const { synthesised, folder, images } = addons(context, version);
        const listed = new Set(images.map(({ image }) => image));
        for (const release of Object.values(synthesised.resources('helm_release'))) {
          for (const image of imagesIn(await render(context, folder, synthesised, release))) {
            if (!listed.has(image)) throw new Error(`Kubernetes ${version.minor}: ${image} of ${release.name} is not listed`);
          }
        }
      }
      const newest = KubernetesVersion.all().find(({ minor }) => minor === KUBERNETES.minor)!; // with the patch that the lists are of
      const { stdout } = await run(`${context.value('KUBERNETES_BIN')}/kubeadm`, ['config', 'images', 'list', '--kubernetes-version', `v${newest}`]);
      const [found, expected] = [stdout.trim().split('\n').sort(), kubernetesImages(newest, true).sort()];
      if (found.join() !== expected.join()) throw new Error(`kubeadm: ${found.join(' ')}\nours:    ${expected.join(' ')}`);
      context.log(`${KubernetesVersion.all().length} minors, ${found.length} images of Kubernetes`);
    },
  },
];
