/** The foundation and the clusters as they are born: see life.check.ts. */
import type { App } from 'cdktf';
import { clusterStack, foundation, NAME, SMALL, smallStack } from './cluster';

export function build(app: App): void {
  const cloud = foundation(app);
  for (const stack of [clusterStack(app, NAME), ...SMALL.map((name) => smallStack(app, name))]) stack.addDependency(cloud);
}
