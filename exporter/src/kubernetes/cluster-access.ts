import { existsSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';

/** Where the API server is, and what a request needs to be let in. */
export interface ClusterAccess {
  readonly server: string;
  /** Options of a request: certificates, credentials, proxy. */
  requestOptions(): Promise<RequestOptions>;
}

/**
 * Reads a kubeconfig, or without one what a pod is given. Throws where neither leads to a cluster.
 *
 * This is the one file that loads @kubernetes/client-node, which takes 55 MB: import it only when it is needed. Its
 * KubeConfig knows what a kubeconfig can ask for (tokens in files that rotate, client certificates, exec plugins, OIDC,
 * proxies). Its Watch and its informer are not used: they close a watch that is silent for 30 seconds, which is less than
 * the time between two bookmarks, keep every pod in full, drop lines that they cannot read, and end at the first error.
 *
 * Read again after a refusal: the object keeps tokens for a minute, and certificates for good.
 */
export function readClusterAccess(kubeconfig: string | undefined): ClusterAccess {
  const config = new KubeConfig();
  if (kubeconfig === undefined) {
    config.loadFromCluster();
  } else {
    if (!existsSync(kubeconfig)) {
      throw new Error(`kubeconfig ${kubeconfig} does not exist`);
    }
    try {
      config.loadFromFile(kubeconfig);
    } catch (error) {
      throw new Error(`kubeconfig ${kubeconfig} cannot be read: ${(error as Error).message}`);
    }
  }
  const server = config.getCurrentCluster()?.server;
  if (server === undefined || !URL.canParse(server)) {
    const place = kubeconfig === undefined ? 'the service account' : `kubeconfig ${kubeconfig}`;
    throw new Error(
      `${place} names no API server: got ${JSON.stringify(server)}, expected a URL of its current context`,
    );
  }
  return {
    server,
    requestOptions: async () => {
      const options: RequestOptions = {};
      await config.applyToHTTPSOptions(options);
      return options;
    },
  };
}
