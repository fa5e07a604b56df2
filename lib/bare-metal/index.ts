export * from './bare-metal-pool';
export * from './host-inventory';
export * from './maas-storage-layout';
export * from './provisioner';
export * from './provisioner-options';
