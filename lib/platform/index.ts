export * from './openstack-kubernetes-platform';
