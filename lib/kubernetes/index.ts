export * from './api-endpoint';
export * from './cluster-options';
export * from './cluster-pki';
export * from './k8s-on-nova';
export * from './kubernetes-cluster';
export * from './ready-gate';
export * from './worker-pool';
