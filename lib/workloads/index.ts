export * from './health-check';
export * from './octavia-options';
export * from './public-service';
export * from './stateful-workload';
export * from './workload';
