import type { Block } from '../support/synth';

/** The objects that a Terraform resource of the kubernetes provider becomes. */
const KINDS: Record<string, { readonly apiVersion: string; readonly kind: string }> = {
  kubernetes_namespace_v1: { apiVersion: 'v1', kind: 'Namespace' },
  kubernetes_secret_v1: { apiVersion: 'v1', kind: 'Secret' },
  kubernetes_service_v1: { apiVersion: 'v1', kind: 'Service' },
  kubernetes_persistent_volume_claim_v1: { apiVersion: 'v1', kind: 'PersistentVolumeClaim' },
  kubernetes_stateful_set_v1: { apiVersion: 'apps/v1', kind: 'StatefulSet' },
  kubernetes_config_map_v1: { apiVersion: 'v1', kind: 'ConfigMap' },
  kubernetes_deployment_v1: { apiVersion: 'apps/v1', kind: 'Deployment' },
  kubernetes_cron_job_v1: { apiVersion: 'batch/v1', kind: 'CronJob' },
  kubernetes_pod_disruption_budget_v1: { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' },
  kubernetes_horizontal_pod_autoscaler_v2: { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' },
  kubernetes_network_policy_v1: { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' },
  kubernetes_storage_class_v1: { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass' },
};

/** Arguments that are the provider's, not the object's. */
const NOT_THE_OBJECTS = new Set(['//', 'depends_on', 'lifecycle', 'timeouts', 'provider', 'count', 'for_each']);
const NOT_THE_OBJECTS_TOO = /^wait_(for|until)_/;

/** Blocks that are lists in Kubernetes, under the name that they have there. All other blocks are one object. */
const LISTS: Record<string, string> = {
  allowed_topologies: 'allowedTopologies',
  container: 'containers',
  egress: 'egress',
  env: 'env',
  from: 'from',
  image_pull_secrets: 'imagePullSecrets',
  ingress: 'ingress',
  init_container: 'initContainers',
  items: 'items',
  match_label_expressions: 'matchLabelExpressions',
  metric: 'metrics',
  port: 'ports',
  ports: 'ports',
  to: 'to',
  toleration: 'tolerations',
  topology_spread_constraint: 'topologySpreadConstraints',
  volume: 'volumes',
  volume_claim_template: 'volumeClaimTemplates',
  volume_device: 'volumeDevices',
  volume_mount: 'volumeMounts',
};
/** Within a probe a port is a port. */
const PROBES = new Set(['tcp_socket', 'http_get']);

/** Arguments whose keys are the user's. */
const MAPS = new Set(['annotations', 'labels', 'match_labels', 'node_selector', 'parameters', 'data', 'requests', 'limits']);
/** Numbers that the provider takes as text. */
const NUMBERS = new Set(['replicas', 'run_as_user', 'run_as_group', 'fs_group']);
/** Texts or numbers, which the provider takes as text. */
const NUMBERS_OR_TEXTS = new Set(['target_port', 'port', 'max_unavailable', 'max_surge', 'min_available']);
/** File modes, in octal. */
const MODES = new Set(['default_mode', 'mode']);

const RENAMED: Record<string, string> = {
  storage_provisioner: 'provisioner',
  cluster_ip: 'clusterIP',
  load_balancer_ip: 'loadBalancerIP',
  timezone: 'timeZone',
};

/** Every Kubernetes object of a stack as a manifest. A resource of a kind that isn't known here is an error. */
export function manifestsOf(json: Block): Block[] {
  return Object.entries<Record<string, Block>>(json.resource ?? {})
    .filter(([type]) => type.startsWith('kubernetes_'))
    .flatMap(([type, resources]) => Object.values(resources).map((resource) => manifest(type, resource)));
}

function manifest(type: string, resource: Block): Block {
  if (type === 'kubernetes_manifest') return resource.manifest;
  const kind = KINDS[type];
  if (!kind) throw new Error(`${type} has no manifest; say in manifests.ts what it is`);
  const own = Object.entries(resource).filter(([name]) => !NOT_THE_OBJECTS.has(name) && !NOT_THE_OBJECTS_TOO.test(name));
  const { data, ...rest } = object(Object.fromEntries(own));
  return { ...kind, ...rest, ...(data && { [type === 'kubernetes_secret_v1' ? 'stringData' : 'data']: data }) };
}

function object(block: Block, parent = ''): Block {
  return Object.fromEntries(Object.entries(block).map(([name, value]) => field(name, value, parent)));
}

function field(name: string, value: unknown, parent: string): [string, unknown] {
  const camel = RENAMED[name] ?? name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  if (value === null || typeof value !== 'object') return [camel, scalar(name, value)];
  // a Service's selector is a map, that of a StatefulSet an object
  if (MAPS.has(name) || (name === 'selector' && !Array.isArray(value) && !('match_labels' in value))) return [camel, texts(value as Block)];
  if (name in LISTS && !PROBES.has(parent)) {
    return [LISTS[name], (Array.isArray(value) ? value : [value]).map((item) => object(item as Block, name))];
  }
  if (Array.isArray(value)) {
    return value.every((item) => typeof item === 'object')
      ? [camel, object(value[0] as Block, name)]
      : [camel, value.map((item) => scalar(name, item))];
  }
  return [camel, object(value as Block, name)];
}

function scalar(name: string, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (/\$\{/.test(value)) return 'reference';
  if (MODES.has(name)) return parseInt(value, 8);
  return NUMBERS.has(name) || (NUMBERS_OR_TEXTS.has(name) && /^\d+$/.test(value)) ? Number(value) : value;
}

function texts(map: Block): Block {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, typeof value === 'string' && /\$\{/.test(value) ? 'reference' : value]));
}
