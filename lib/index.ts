export * from './contracts';
export * from './core';
export * as ironic from './providers/ironic';
export * as maas from './providers/maas';
export * as openstack from './providers/openstack';
