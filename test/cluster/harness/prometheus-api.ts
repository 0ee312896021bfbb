import type { Cluster } from './cluster';

/** A target as Prometheus sees it. */
export interface Target {
  readonly scrapePool: string;
  readonly health: 'up' | 'down' | 'unknown';
  readonly lastError: string;
  readonly scrapeUrl: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A rule as Prometheus evaluated it. */
export interface EvaluatedRule {
  readonly name: string;
  readonly type: 'alerting' | 'recording';
  readonly health: 'ok' | 'err' | 'unknown';
  readonly lastError?: string;
  readonly state?: 'inactive' | 'pending' | 'firing';
}

/** A rule group as Prometheus loaded it; what evaluation adds is left out. */
export interface LoadedGroup {
  readonly name: string;
  readonly interval: number;
  readonly limit: number;
  readonly rules: readonly Readonly<Record<string, unknown>>[];
}

/** What the definition of a rule says, and not its evaluation. */
const DEFINITION = ['type', 'name', 'query', 'duration', 'keepFiringFor', 'labels', 'annotations'];

/** One series of the answer to a query. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/** Asks a Prometheus in a pod, from the node. */
export class PrometheusApi {
  constructor(
    private readonly cluster: Cluster,
    private readonly namespace: string,
    private readonly pod = 'prometheus-0',
  ) {}

  async targets(): Promise<readonly Target[]> {
    return (await this.ask<{ activeTargets: Target[] }>('/api/v1/targets?state=active')).activeTargets;
  }

  async rules(): Promise<readonly EvaluatedRule[]> {
    const { groups } = await this.ask<{ groups: { rules: EvaluatedRule[] }[] }>('/api/v1/rules');
    return groups.flatMap(({ rules }) => rules);
  }

  /** The groups by name, as they are defined. */
  async ruleGroups(): Promise<readonly LoadedGroup[]> {
    const { groups } = await this.ask<{ groups: LoadedGroup[] }>('/api/v1/rules');
    return groups
      .map(({ name, interval, limit, rules }) => ({
        name,
        interval,
        limit,
        rules: rules.map((rule) => Object.fromEntries(DEFINITION.map((field) => [field, rule[field]]))),
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async query(expression: string): Promise<readonly Series[]> {
    return (await this.ask<{ result: Series[] }>(`/api/v1/query?query=${encodeURIComponent(expression)}`)).result;
  }

  private async ask<T>(path: string): Promise<T> {
    return ((await getJson(this.cluster, this.namespace, this.pod, 9090, path)) as { data: T }).data;
  }
}

/** Fetches JSON from a port of a pod, from the node. */
export async function getJson(
  cluster: Cluster,
  namespace: string,
  pod: string,
  port: number,
  path: string,
  flags: readonly string[] = [],
): Promise<unknown> {
  const object = await cluster.get<{ status: { podIP?: string } }>(['pod', '-n', namespace, pod]);
  const url = `http://${object.status.podIP}:${port}${path}`;
  return JSON.parse(await cluster.inside([cluster.handle.tools.toolbox ?? '', 'get', ...flags, url]));
}
