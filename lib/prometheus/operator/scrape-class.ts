import type { HttpClientConfig } from '../../model/http-client';
import { renderOperatorAuthorization, renderOperatorTls, tlsUsesFiles } from '../../model/operator-http-client';

/**
 * A named set of settings that monitors refer to; only the owner of the Prometheus can write one.
 *
 * @see https://prometheus-operator.dev/docs/developer/scrapeclass/
 */
export interface ScrapeClass {
  readonly name: string;
  readonly authorization?: Record<string, unknown>;
  readonly tlsConfig?: Record<string, unknown>;
}

/** The part of an HTTP client that refers to files of the container, as a scrape class; undefined where nothing does. */
export function fileClass(http: HttpClientConfig): Omit<ScrapeClass, 'name'> | undefined {
  const byFile = withFiles(http);
  if (byFile.authorization === undefined && byFile.tls === undefined) {
    return undefined;
  }
  return {
    ...(byFile.authorization && { authorization: renderOperatorAuthorization(byFile.authorization) }),
    ...(byFile.tls && { tlsConfig: renderOperatorTls(byFile.tls) }),
  };
}

/** The settings that name files; TLS goes as a whole, since a class is merged field by field only in part. */
function withFiles({ authorization, tls }: HttpClientConfig): Pick<HttpClientConfig, 'authorization' | 'tls'> {
  return {
    ...(typeof authorization?.credentials === 'string' && { authorization }),
    ...(tls !== undefined && tlsUsesFiles(tls) && { tls }),
  };
}

/** What is left for the monitor itself when its scrape class holds what names files. */
export function withoutFiles<T extends HttpClientConfig>(http: T): T {
  const { authorization, tls } = withFiles(http);
  return { ...http, ...(authorization && { authorization: undefined }), ...(tls && { tls: undefined }) };
}
