import { Release } from '@cdktf/provider-helm/lib/release';
import { SecretV1 } from '@cdktf/provider-kubernetes/lib/secret-v1';
import { Annotations } from 'cdktf';
import { Construct } from 'constructs';
import { ConfSection, osloConf } from './kuryr-conf';
import { KuryrNetworking } from './kuryr-networking';
import { CA_FILE, CA_FOLDER, CREDENTIAL_FILE, kuryrDefinitions, kuryrObjects, NAMESPACE, SERVICE_ACCOUNT_FOLDER } from './kuryr-objects';
import { ApiAddress, IKubernetesCluster } from '../../../contracts/kubernetes-cluster';
import { LoadBalancerProvider } from '../../../contracts/openstack-cloud';
import { plain } from '../../../core/plain';
import { widenProviderRanges } from '../../../core/provider-ranges';
import { TemplateText } from '../../../core/template-text';
import { check, checkInteger, describe, fail } from '../../../core/validation';
import { ClusterSweep } from '../../cluster-sweep';
import { ClusterCapability } from '../cluster-addons/cluster-capability';
import { nodeApiAddress } from '../private/api-address';
import { requireCloud } from '../private/cloud';
import { installObjects } from '../private/objects-chart';
import { podNetworkAddon, podRanges } from '../private/pod-network';

/** What Kuryr is installed with beside the cluster's own options. */
export interface KuryrInstallation {
  readonly cluster: IKubernetesCluster;
  readonly networking?: KuryrNetworking;
  readonly sweep?: ClusterSweep;
  readonly timeoutSeconds?: number;
}

const CREDENTIAL_SECRET = 'kuryr-credential';

/** Everything of Kuryr: in OpenStack, unless it is given, and in Kubernetes. */
export function installKuryr(scope: Construct, props: KuryrInstallation): { readonly release: Release; readonly networking: KuryrNetworking } {
  const { cluster, timeoutSeconds } = props;
  const options = cluster.cni.kuryrOptions;
  checkInteger(scope, 'timeoutSeconds', timeoutSeconds, { min: 1, max: 7200 });
  const addon = podNetworkAddon(scope, cluster, 'Kuryr', [
    { capability: ClusterCapability.TRUNK_PORTS, because: "pods are subports of their nodes' trunks", fix: 'make the nodes with trunk ports' },
  ]);
  if (podRanges(scope, cluster).ipv6 !== undefined) {
    fail(scope, {
      problem: 'Kuryr gives pods addresses of IPv4 alone',
      value: cluster.podCidr,
      fix: 'make the cluster without IPv6, or with Cni.cilium()',
    });
  }
  if (options === undefined) fail(scope, { problem: 'the cluster has no options of Kuryr', fix: 'make it with Cni.kuryr({…})' });
  const link = options.linkInterface ?? 'ens3';
  check(scope, link, (name) => /^[a-z][a-z0-9._-]{0,14}$/.test(name), {
    problem: 'linkInterface must be the name of an interface',
    fix: 'write it as `ip link` does in the nodes, for example ens3',
  });
  Annotations.of(scope).addWarning(
    describe(scope, { problem: 'Kuryr was retired in 2024, its last release is 10.0.0', fix: 'plan a move to Cni.cilium() or Cni.calico()' }),
  );
  const { cloud, credential, externalNetworkId, subnetId } = requireCloud(scope, cluster);
  const networking =
    props.networking ??
    new KuryrNetworking(scope, 'Networking', {
      cluster,
      namespacePrefixLength: options.namespacePrefixLength,
      capacity: options.capacity,
      sweep: props.sweep,
    });

  widenProviderRanges(scope);
  const conf = new TemplateText(scope, 'Conf', {
    parts: [
      osloConf(
        scope,
        kuryrConf({
          api: nodeApiAddress(cluster),
          provider: cloud.loadBalancerProvider,
          podMtu: cluster.podMtu,
          link,
          nodeSubnetId: plain(subnetId),
          externalNetworkId: plain(externalNetworkId),
          networking,
        }),
      ),
    ],
  });
  const ca = cloud.caCertificatePem;
  const login = new TemplateText(scope, 'CredentialConf', {
    parts: [
      osloConf(scope, [
        {
          name: 'neutron',
          values: {
            auth_type: 'v3applicationcredential',
            auth_url: cloud.authUrl,
            region_name: cloud.region,
            application_credential_id: credential.applicationCredentialId,
            application_credential_secret: credential.applicationCredentialSecret,
            cafile: ca === undefined ? undefined : `${CA_FOLDER}/${CA_FILE}`,
          },
        },
      ]),
    ],
  });
  const secret = new SecretV1(scope, 'Credential', {
    metadata: { name: CREDENTIAL_SECRET, namespace: NAMESPACE, labels: { 'app.kubernetes.io/managed-by': 'terraform' } },
    type: 'Opaque',
    data: { [CREDENTIAL_FILE]: login.value, ...(ca === undefined ? {} : { [CA_FILE]: ca }) },
  });
  addon.own(secret);
  const crds = installObjects(addon, scope, 'Crds', { releaseName: 'kuryr-crds', namespace: NAMESPACE, objects: kuryrDefinitions() });
  const checksum = new TemplateText(scope, 'Checksum', { parts: [conf.sha256, plain(login.sha256), ...(ca === undefined ? [] : [ca])] });
  const release = installObjects(addon, scope, 'Release', {
    releaseName: 'kuryr',
    namespace: NAMESPACE,
    timeoutSeconds: timeoutSeconds ?? 900,
    dependsOn: [crds, secret, ...networking.ready],
    objects: kuryrObjects({
      controllerImage: addon.image(options.controllerImage),
      cniImage: addon.image(options.cniImage),
      conf: conf.value,
      checksum: checksum.sha256,
      credentialSecret: CREDENTIAL_SECRET,
      ownCa: ca !== undefined,
    }),
  });
  return { release, networking };
}

/** What kuryr.conf follows from. */
interface ConfFacts {
  readonly api: ApiAddress;
  readonly provider: LoadBalancerProvider;
  readonly podMtu: number;
  readonly link: string;
  readonly nodeSubnetId: string;
  readonly externalNetworkId: string;
  readonly networking: KuryrNetworking;
}

/** The options of kuryr-kubernetes 10.0.0 (kuryr_kubernetes/config.py, kuryr/lib/config.py); its log-in to Neutron is a file of its own. */
function kuryrConf({ api, provider, podMtu, link, nodeSubnetId, externalNetworkId, networking }: ConfFacts): ConfSection[] {
  const ovn = provider === LoadBalancerProvider.OVN;
  return [
    { name: 'DEFAULT', values: { use_stderr: true } },
    {
      name: 'kubernetes',
      values: {
        api_root: `https://${api.host}:${api.port}`,
        token_file: `${SERVICE_ACCOUNT_FOLDER}/token`,
        ssl_ca_crt_file: `${SERVICE_ACCOUNT_FOLDER}/ca.crt`,
        ssl_verify_server_crt: true,
        pod_vif_driver: 'nested-vlan',
        pod_subnets_driver: 'namespace',
        pod_security_groups_driver: 'policy',
        service_security_groups_driver: 'policy',
        enabled_handlers: HANDLERS,
        vif_pool_driver: 'noop',
        endpoints_driver_octavia_provider: provider,
        watch_retry_timeout: 1200, // longer than an upgrade of the API takes
      },
    },
    {
      name: 'neutron_defaults',
      values: {
        project: networking.projectId,
        pod_subnet: networking.podSubnetId,
        pod_security_groups: networking.podSecurityGroupId,
        service_subnet: networking.serviceSubnetId,
        external_svc_net: externalNetworkId,
        network_device_mtu: podMtu,
        resource_tags: networking.resourceTag,
      },
    },
    { name: 'namespace_subnet', values: { pod_subnet_pool: networking.subnetPoolId, pod_router: plain(networking.routerId) } },
    { name: 'pod_vif_nested', values: { worker_nodes_subnets: nodeSubnetId } },
    {
      name: 'octavia_defaults',
      // OVN keeps the client's address: pods' own groups do what its load balancers can't.
      values: { member_mode: ovn ? 'L2' : 'L3', lb_algorithm: ovn ? 'SOURCE_IP_PORT' : 'ROUND_ROBIN', enforce_sg_rules: !ovn },
    },
    {
      name: 'binding',
      values: { default_driver: 'kuryr.lib.binding.drivers.vlan', enabled_drivers: 'kuryr.lib.binding.drivers.vlan', link_iface: link },
    },
  ];
}

const HANDLERS = [
  'vif',
  'endpoints',
  'service',
  'kuryrloadbalancer',
  'kuryrport',
  'namespace',
  'kuryrnetwork',
  'policy',
  'pod_label',
  'kuryrnetworkpolicy',
];
