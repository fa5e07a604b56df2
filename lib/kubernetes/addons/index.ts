export * from './cinder-csi/cinder-csi';
export * from './cinder-csi/cinder-storage-class';
export * from './cloud-config/cloud-config';
export * from './cloud-config/cloud-config-options';
export * from './helm-addon/helm-addon';
export * from './openstack-cloud-controller/openstack-cloud-controller';
export * from './pod-network/pod-network';
