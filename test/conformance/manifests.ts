import type { Block } from '../support/synth';

/** The objects that a Terraform resource of the kubernetes provider becomes. */
const KINDS: Record<string, { readonly apiVersion: string; readonly kind: string }> = {
  kubernetes_namespace_v1: { apiVersion: 'v1', kind: 'Namespace' },
  kubernetes_secret_v1: { apiVersion: 'v1', kind: 'Secret' },
  kubernetes_service_v1: { apiVersion: 'v1', kind: 'Service' },
  kubernetes_persistent_volume_claim_v1: { apiVersion: 'v1', kind: 'PersistentVolumeClaim' },
  kubernetes_stateful_set_v1: { apiVersion: 'apps/v1', kind: 'StatefulSet' },
  kubernetes_storage_class_v1: { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass' },
};

/** Arguments that are the provider's, not the object's. */
const NOT_THE_OBJECTS = new Set(['//', 'depends_on', 'lifecycle', 'timeouts', 'provider', 'count', 'for_each']);
const NOT_THE_OBJECTS_TOO = /^wait_(for|until)_/;

/** Blocks that are lists in Kubernetes, under the name that they have there. All other blocks are one object. */
const LISTS: Record<string, string> = {
  allowed_topologies: 'allowedTopologies',
  container: 'containers',
  env: 'env',
  match_label_expressions: 'matchLabelExpressions',
  port: 'ports',
  toleration: 'tolerations',
  volume_claim_template: 'volumeClaimTemplates',
  volume_mount: 'volumeMounts',
};
/** Within a probe a port is a port. */
const PROBES = new Set(['tcp_socket', 'http_get']);

/** Arguments whose keys are the user's. */
const MAPS = new Set(['annotations', 'labels', 'match_labels', 'node_selector', 'parameters', 'data', 'requests', 'limits']);
/** Numbers that the provider takes as text. */
const NUMBERS = new Set(['replicas', 'run_as_user', 'run_as_group', 'fs_group']);

const RENAMED: Record<string, string> = {
  storage_provisioner: 'provisioner',
  cluster_ip: 'clusterIP',
  load_balancer_ip: 'loadBalancerIP',
  data: 'stringData',
};

/** Every Kubernetes object of a stack as a manifest. A resource of a kind that isn't known here is an error. */
export function manifestsOf(json: Block): Block[] {
  return Object.entries<Record<string, Block>>(json.resource ?? {})
    .filter(([type]) => type.startsWith('kubernetes_'))
    .flatMap(([type, resources]) => Object.values(resources).map((resource) => manifest(type, resource)));
}

function manifest(type: string, resource: Block): Block {
  const kind = KINDS[type];
  if (!kind) throw new Error(`${type} has no manifest; say in manifests.ts what it is`);
  const own = Object.entries(resource).filter(([name]) => !NOT_THE_OBJECTS.has(name) && !NOT_THE_OBJECTS_TOO.test(name));
  return { ...kind, ...object(Object.fromEntries(own)) };
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
  return NUMBERS.has(name) || (name === 'target_port' && /^\d+$/.test(value)) ? Number(value) : value;
}

function texts(map: Block): Block {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, typeof value === 'string' && /\$\{/.test(value) ? 'reference' : value]));
}
