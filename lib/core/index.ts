export * from './cidr';
export * from './encapsulation';
export * from './ip-family';
export * from './kubernetes-version';
export * from './mtu';
export * from './openstack-release';
export * from './step-resource';
export * from './template-text';
