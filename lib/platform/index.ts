export * from './openstack-kubernetes-platform';
export * from './platform-options';
