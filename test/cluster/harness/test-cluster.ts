import { inject } from 'vitest';
import { Cluster, type ClusterHandle } from './cluster';

declare module 'vitest' {
  interface ProvidedContext {
    readonly cluster: ClusterHandle;
  }
}

/** The cluster that all test files share, started by `global-setup.ts`. */
export function testCluster(): Cluster {
  return new Cluster(inject('cluster'));
}
