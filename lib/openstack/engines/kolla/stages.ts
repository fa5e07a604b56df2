import { KollaModel } from './kolla-model';
import { HostRole, NetworkRole } from '../../../contracts/host';
import { LoadBalancerProvider } from '../../../contracts/openstack-cloud';
import { OpenStackRelease } from '../../../core/openstack-release';

/** One stage of a deployment. */
export interface Stage {
  /** Construct id. */
  readonly id: string;
  /** Name on the deployment host. */
  readonly name: string;
  readonly arguments: readonly string[];
  /** What it works on: it is run again exactly when this changes. */
  readonly inputs: unknown;
  /** Whether it is run again, too, when a file in a folder that is copied as it is changed: of the external Ceph cluster, of Ironic's agent. */
  readonly readsFolders: boolean;
  /** Whether it is run again, too, when certificates are to be made anew. */
  readonly looksAtCertificates: boolean;
}

/** The stages in their order. */
export function stagesOf(model: KollaModel, files: { readonly [path: string]: string }): Stage[] {
  const { release, options, cinder, pool } = model;
  const amphora = model.loadBalancerProvider === LoadBalancerProvider.AMPHORA;
  const inventory = files['inventory.yml'];
  const stage = (id: string, name: string, inputs: unknown, args: readonly string[] = []): Stage => ({
    id,
    name,
    arguments: args,
    inputs: [inputs, args],
    readsFolders: name === 'deploy',
    looksAtCertificates: name === 'certificates',
  });
  const { 'verification.json': verification, 'ceph.json': ceph, 'vault.json': vault, ...configuration } = files;
  const everything = [release.kollaAnsibleVersion, configuration];
  const certificates = [...(model.tls ? ['tls'] : []), ...(amphora ? ['octavia'] : [])];
  // The certificates of the services behind the load balancer carry the addresses of their hosts.
  const behind = pool.hosts
    .filter((host) => host.is(HostRole.CONTROL) || host.is(HostRole.NETWORK))
    .map((host) => [host.name, host.nicFor(NetworkRole.INTERNAL_API)?.address]);
  const names = [options.internalVip, model.internalFqdn, model.externalVip, model.externalFqdn, ...(model.tls ? behind : [])];
  // From 2026.1 on Kolla's prechecks refuse the images that its makers publish for tests, unless one says so.
  const testImages = options.registry === undefined && !release.isOlderThan(OpenStackRelease.V2026_1);
  return [
    stage('Environment', 'environment', [], [release.kollaAnsibleVersion, release.ansibleCoreRange, release.pythonRange]),
    ...((options.verifyNetworks ?? true) ? [stage('Verification', 'verify', verification, cinder.ceph === undefined ? [] : ['ceph'])] : []),
    stage('Passwords', 'passwords', vault === undefined ? release.kollaAnsibleVersion : [release.kollaAnsibleVersion, vault]),
    ...(certificates.length === 0 ? [] : [stage('Certificates', 'certificates', names, certificates)]),
    stage('BootstrapServers', 'bootstrap-servers', [release.kollaAnsibleVersion, inventory, options.registry]),
    ...(cinder.kind === 'lvm' ? [stage('VolumeGroup', 'volume-group', inventory, [cinder.volumeGroup as string])] : []),
    ...(ceph === undefined ? [] : [stage('Ceph', 'ceph', ceph)]),
    stage('Prechecks', 'prechecks', everything, testImages ? ['--use-test-images'] : []),
    stage('Pull', 'pull', [release.kollaAnsibleVersion, files['globals.yml'], inventory]),
    stage('Deploy', 'deploy', everything),
    stage('PostDeploy', 'post-deploy', [release.kollaAnsibleVersion, files['globals.yml']]),
  ];
}
