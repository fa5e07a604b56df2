export * from './bare-metal-pool';
export * from './host-inventory';
export * from './provisioner';
export * from './provisioner-options';
