import { compact } from '../../model/compact';
import type { HttpClientConfig } from '../../model/http-client';
import { renderOperatorAuthorization, renderOperatorTls, tlsUsesFiles } from '../../model/operator-http-client';
import type { MonitorPart } from './monitor';
import type { ScrapeClassOptions } from './operator-props';
import { operatorRelabelings } from './relabelings';

/**
 * A named set of settings that monitors refer to; only the owner of the Prometheus can write one.
 *
 * @see https://prometheus-operator.dev/docs/developer/scrapeclass/
 */
export interface ScrapeClass {
  readonly name: string;
  readonly default?: boolean | undefined;
  readonly authorization?: Record<string, unknown> | undefined;
  readonly tlsConfig?: Record<string, unknown> | undefined;
  readonly relabelings?: ReturnType<typeof operatorRelabelings>;
  readonly metricRelabelings?: ReturnType<typeof operatorRelabelings>;
  readonly attachMetadata?: { readonly node: boolean } | undefined;
  readonly fallbackScrapeProtocol?: string | undefined;
}

/** Renders a scrape class as the user gave it. */
export function renderScrapeClass(options: ScrapeClassOptions): ScrapeClass {
  return {
    name: options.name,
    default: options.default,
    authorization: options.authorization && renderOperatorAuthorization(options.authorization),
    tlsConfig: options.tls && renderOperatorTls(options.tls),
    relabelings: operatorRelabelings(options.relabelings),
    metricRelabelings: operatorRelabelings(options.metricRelabelings),
    attachMetadata: options.attachNodeMetadata === undefined ? undefined : { node: options.attachNodeMetadata },
    fallbackScrapeProtocol: options.fallbackScrapeProtocol,
  };
}

/**
 * The part of an HTTP client that refers to files of the container, as a scrape class; undefined where nothing does.
 *
 * A monitor names one class, so this one also says what the default class would have said.
 */
export function fileClass(
  http: HttpClientConfig,
  defaultClass?: ScrapeClassOptions,
): Omit<ScrapeClass, 'name'> | undefined {
  const byFile = withFiles(http);
  if (byFile.authorization === undefined && byFile.tls === undefined) {
    return undefined;
  }
  const { name: _, default: __, authorization, tlsConfig, ...rest } = inherited(http, defaultClass);
  return compact({
    authorization: byFile.authorization ? renderOperatorAuthorization(byFile.authorization) : authorization,
    tlsConfig: byFile.tls ? renderOperatorTls(byFile.tls) : tlsConfig,
    ...rest,
  });
}

/** What a default class adds to a target; of several ways to authenticate Prometheus takes one only. */
function inherited(http: HttpClientConfig, defaultClass: ScrapeClassOptions | undefined): Partial<ScrapeClass> {
  const isAuthenticated = [http.authorization, http.basicAuth, http.oauth2].some((each) => each !== undefined);
  const rendered = defaultClass === undefined ? {} : renderScrapeClass(defaultClass);
  return isAuthenticated ? { ...rendered, authorization: undefined } : rendered;
}

/** The settings that name files; TLS goes as a whole, since a class is merged field by field only in part. */
function withFiles({ authorization, tls }: HttpClientConfig): Pick<HttpClientConfig, 'authorization' | 'tls'> {
  return {
    ...(typeof authorization?.credentials === 'string' && { authorization }),
    ...(tls !== undefined && tlsUsesFiles(tls) && { tls }),
  };
}

/** What the monitor itself says of the connection: its scrape class holds what names files. */
export function ownClient<T extends HttpClientConfig>(http: T, { context, scrapeClass }: MonitorPart): T {
  if (context.ownsScrapeClasses) {
    return withoutFiles(http);
  }
  return scrapeClass === undefined ? http : withoutPaths(http);
}

/** TLS that is in a class of our own is there as a whole. */
function withoutFiles<T extends HttpClientConfig>(http: T): T {
  const { authorization, tls } = withFiles(http);
  return { ...http, ...(authorization && { authorization: undefined }), ...(tls && { tls: undefined }) };
}

/** A class of others has the files alone; the operator puts them beside what else the monitor says of TLS. */
function withoutPaths<T extends HttpClientConfig>(http: T): T {
  const { authorization, tls } = withFiles(http);
  const isPath = ([name, value]: [string, unknown]) =>
    ['ca', 'cert', 'key'].includes(name) && typeof value === 'string';
  const rest = Object.entries(tls ?? {}).filter((entry) => !isPath(entry));
  return {
    ...http,
    ...(authorization && { authorization: undefined }),
    ...(tls && { tls: rest.length === 0 ? undefined : Object.fromEntries(rest) }),
  };
}
