import { Chart } from './charts';

/** Where a chart has passwords. */
interface ChartSecrets {
  /** Keys of `endpoints.identity.auth`. */
  readonly identity?: readonly string[];
  /** Keys of `endpoints.<database>.auth`, by database. */
  readonly databases?: { readonly [endpoint: string]: readonly string[] };
  /** Its key in `endpoints.oslo_messaging.auth`, beside the administrator's. */
  readonly messaging?: string;
  /** Whether it has the key by which services encrypt what they keep of tokens in memcached. */
  readonly cache?: boolean;
  /** Others: names by path. */
  readonly other?: { readonly [path: string]: string };
}

const METADATA = 'metadata-proxy';
const service = (name: string, identity: readonly string[], more: Omit<ChartSecrets, 'identity'> = {}): ChartSecrets => ({
  identity: ['admin', name, ...identity],
  databases: { oslo_db: ['admin', name] },
  messaging: name,
  cache: true,
  ...more,
});

/** Every value of a chart whose default is a password that everybody knows, or for the cache another one with each upgrade. */
const SECRETS: { readonly [chart in Chart]: ChartSecrets } = {
  mariadb: { identity: ['admin', 'mariadb'], databases: { oslo_db: ['admin', 'sst', 'audit', 'exporter'] } },
  rabbitmq: {
    other: {
      'endpoints.oslo_messaging.auth.user.password': 'rabbitmq-admin',
      'endpoints.oslo_messaging.auth.guest.password': 'rabbitmq-guest',
      'endpoints.oslo_messaging.auth.erlang_cookie': 'rabbitmq-erlang-cookie',
    },
  },
  memcached: {},
  openvswitch: {},
  ovn: {},
  libvirt: {},
  keystone: { identity: ['admin', 'test'], databases: { oslo_db: ['admin', 'keystone'] }, messaging: 'keystone' },
  glance: service('glance', ['test'], {
    other: {
      'endpoints.object_store.auth.glance.tmpurlkey': 'glance-temporary-urls',
      'endpoints.ceph_object_store.auth.glance.tmpurlkey': 'glance-temporary-urls',
      'endpoints.ceph_object_store.auth.glance.password': 'glance-object-store',
    },
  }),
  placement: {
    identity: ['admin', 'placement'],
    databases: { oslo_db: ['admin', 'placement', 'nova_api'] },
    cache: true,
  },
  barbican: service('barbican', [], { other: { 'conf.barbican.simple_crypto_plugin.kek': 'barbican-kek' } }),
  heat: service('heat', ['heat_trustee', 'heat_stack_user', 'test']),
  cinder: service('cinder', ['glance', 'nova', 'swift', 'service', 'test']),
  nova: service('nova', ['neutron', 'placement', 'cinder', 'ironic', 'service', 'test'], {
    databases: { oslo_db: ['admin', 'nova'], oslo_db_cell0: ['admin', 'nova'], oslo_db_cell1: ['admin', 'nova'] },
    other: { 'conf.nova.neutron.metadata_proxy_shared_secret': METADATA },
  }),
  neutron: service('neutron', ['nova', 'placement', 'designate', 'ironic', 'test'], {
    other: {
      'conf.metadata_agent.DEFAULT.metadata_proxy_shared_secret': METADATA,
      'conf.ovn_agent.DEFAULT.metadata_proxy_shared_secret': METADATA,
      'conf.ovn_metadata_agent.DEFAULT.metadata_proxy_shared_secret': METADATA,
    },
  }),
  octavia: service('octavia', ['test'], {
    databases: { oslo_db: ['admin', 'octavia'], oslo_db_persistence: ['admin', 'octavia'] },
    other: {
      'conf.octavia.health_manager.heartbeat_key': 'octavia-heartbeat',
      'conf.octavia.certificates.ca_private_key_passphrase': 'octavia-ca',
    },
  }),
  horizon: {
    identity: ['admin'],
    databases: { oslo_db: ['admin', 'horizon'] },
    other: { 'conf.horizon.local_settings.config.horizon_secret_key': 'horizon-sessions' },
  },
};

/** Barbican's key is 32 bytes in base64. */
export const BARBICAN_KEY = 'barbican-kek';

/** Names of secrets by the path of a chart's value. The same name is the same secret in every chart. */
export function secretPaths(chart: Chart): { readonly [path: string]: string } {
  const { identity = [], databases = {}, messaging, cache, other } = SECRETS[chart];
  return {
    ...named(identity, (user) => [`endpoints.identity.auth.${user}.password`, keystoneUser(chart, user)]),
    ...Object.assign(
      {},
      ...Object.entries(databases).map(([endpoint, users]) =>
        named(users, (user) => [`endpoints.${endpoint}.auth.${user}.password`, `mariadb-${DATABASE_USERS[user] ?? user}`]),
      ),
    ),
    ...named(messaging === undefined ? [] : ['admin', messaging], (user) => [`endpoints.oslo_messaging.auth.${user}.password`, `rabbitmq-${user}`]),
    ...(cache ? { 'endpoints.oslo_cache.auth.memcache_secret_key': 'memcache' } : {}),
    ...other,
  };
}

/** The users of Keystone that a chart knows: keys of `endpoints.identity.auth`. */
export function identityUsers(chart: Chart): readonly string[] {
  return SECRETS[chart].identity ?? [];
}

/** Whether a chart uses the message queue, and must know how many members it has. */
export function usesMessaging(chart: Chart): boolean {
  return SECRETS[chart].messaging !== undefined;
}

const DATABASE_USERS: { readonly [key: string]: string } = { admin: 'root', nova_api: 'nova' };

/** Users of these keys are each chart's own; a user of any other key may be known to several charts. */
function keystoneUser(chart: Chart, user: string): string {
  return ['test', 'service'].includes(user) ? `keystone-${chart}-${user}` : `keystone-${user.replace(/_/g, '-')}`;
}

function named(users: readonly string[], entry: (user: string) => [string, string]): { readonly [path: string]: string } {
  return Object.fromEntries(users.map(entry));
}
