import { checkDuration } from '../model/duration';
import { checkHttpClient, type FileSource, urlPort, urlProblem } from '../model/http-client';
import type { Problems } from '../model/problem';
import { ConfigMapKey, SecretKey } from '../model/references';
import type {
  AlertmanagerDataSourceOptions,
  CustomDataSourceOptions,
  PrometheusDataSourceOptions,
} from './data-source-options';
import type { SecretEnvironment } from './secret-environment';

type Settings = Readonly<Record<string, unknown>>;

/**
 * Where Grafana reads data.
 *
 * @example
 * DataSource.prometheus({ url: 'http://thanos-query.monitoring.svc:9090', prometheusType: 'Thanos', timeInterval: '30s' })
 * DataSource.custom({ name: 'Loki', uid: 'loki', type: 'loki', url: 'http://loki.logging.svc:3100' })
 */
export class DataSource {
  /** A Prometheus, or what speaks its API: Thanos, Mimir, VictoriaMetrics. */
  public static prometheus(options: PrometheusDataSourceOptions): DataSource {
    const jsonData = {
      httpMethod: options.httpMethod ?? 'POST',
      timeInterval: options.timeInterval,
      queryTimeout: options.queryTimeout,
      manageAlerts: options.manageAlerts ?? false,
      prometheusType: options.prometheusType ?? 'Prometheus',
      prometheusVersion: options.prometheusVersion,
      cacheLevel: options.cacheLevel,
      incrementalQuerying: options.incrementalQuerying,
    };
    const { timeInterval, queryTimeout } = options;
    const uid = options.uid ?? 'prometheus';
    const isDefault = options.isDefault ?? uid === 'prometheus';
    const resolved = { ...options, isDefault, name: options.name ?? 'Prometheus', uid, type: 'prometheus' };
    return new DataSource(resolved, jsonData, (problems) => {
      for (const [property, value] of Object.entries({ timeInterval, queryTimeout })) {
        problems.addIf(property, value === undefined ? undefined : checkDuration(value));
      }
    });
  }

  /** An Alertmanager. */
  public static alertmanager(options: AlertmanagerDataSourceOptions): DataSource {
    const jsonData = {
      implementation: options.implementation ?? 'prometheus',
      handleGrafanaManagedAlerts: options.handleGrafanaManagedAlerts ?? false,
    };
    const { name = 'Alertmanager', uid = 'alertmanager' } = options;
    return new DataSource({ ...options, name, uid, type: 'alertmanager' }, jsonData, () => undefined);
  }

  /** Any other plugin's data source. */
  public static custom(options: CustomDataSourceOptions): DataSource {
    return new DataSource(options, {}, (problems) => {
      if (!/^[a-z0-9][a-z0-9-]*$/.test(options.type)) {
        problems.add('type', `"${options.type}" received. Allowed: the id of a plugin, such as loki.`);
      }
    });
  }

  private constructor(
    private readonly options: CustomDataSourceOptions,
    private readonly jsonData: Settings,
    private readonly checkKind: (problems: Problems) => void,
  ) {}

  /** Name that users see. */
  public get name(): string {
    return this.options.name;
  }

  /** Identity by which dashboards refer to it. */
  public get uid(): string {
    return this.options.uid;
  }

  /** Whether it is chosen where none is named. */
  public get isDefault(): boolean {
    return this.options.isDefault ?? false;
  }

  /** Port of the address; undefined where that is no URL. */
  public get port(): number | undefined {
    if (!URL.canParse(this.options.url)) {
      return undefined;
    }
    return urlPort(new URL(this.options.url));
  }

  /** Renders an entry of `datasources` in a provisioning file. */
  public render(environment: SecretEnvironment): Settings {
    const { name, uid, type, url, user, database, basicAuth, authorization, tls, httpHeaders = {} } = this.options;
    const secret = (field: string, source: FileSource): string =>
      typeof source === 'string' ? `$__file{${source}}` : environment.reference(`${uid}_${field}`, source);
    const headers: { name: string; value: string }[] = [];
    if (authorization !== undefined) {
      const value = `${literal(authorization.type ?? 'Bearer')} ${secret('authorization', authorization.credentials)}`;
      headers.push({ name: 'Authorization', value });
    }
    for (const [header, key] of Object.entries(httpHeaders)) {
      headers.push({ name: header, value: secret(header, key) });
    }
    const { insecureSkipVerify, serverName, ca, cert, key } = tls ?? {};
    const jsonData = {
      ...this.jsonData,
      timeout: this.options.timeoutSeconds,
      tlsSkipVerify: insecureSkipVerify,
      serverName,
      tlsAuthWithCACert: ca === undefined ? undefined : true,
      tlsAuth: cert === undefined ? undefined : true,
      ...Object.fromEntries(headers.map((header, index) => [`httpHeaderName${index + 1}`, header.name])),
      ...this.options.jsonData,
    };
    const secureJsonData = {
      basicAuthPassword: basicAuth && secret('password', basicAuth.password),
      tlsCACert: ca && secret('ca', ca),
      tlsClientCert: cert && secret('cert', cert),
      tlsClientKey: key && secret('key', key),
      ...Object.fromEntries(headers.map((header, index) => [`httpHeaderValue${index + 1}`, header.value])),
      ...Object.fromEntries(
        Object.entries(this.options.secureJsonData ?? {}).map(([field, source]) => [field, secret(field, source)]),
      ),
    };
    const username = basicAuth?.username;
    return {
      ...(escapeAll({ name, uid, type, url, user, database }) as Settings),
      access: 'proxy',
      orgId: 1,
      isDefault: this.isDefault,
      editable: false,
      basicAuth: basicAuth === undefined ? undefined : true,
      basicAuthUser: typeof username === 'string' ? literal(username) : username && secret('user', username),
      jsonData: escapeAll(jsonData),
      secureJsonData: Object.values(secureJsonData).some((value) => value !== undefined) ? secureJsonData : undefined,
    };
  }

  /** Checks address, identity and credentials. */
  public check(problems: Problems): void {
    const { name, uid, url, timeoutSeconds } = this.options;
    if (name.trim() === '') {
      problems.add('name', 'It is empty. Allowed: the name that users see.');
    }
    if (!/^[a-zA-Z0-9_-]{1,40}$/.test(uid)) {
      problems.add('uid', `"${uid}" received. Allowed: 1 to 40 letters, digits, - and _.`);
    }
    if (timeoutSeconds !== undefined && !(Number.isInteger(timeoutSeconds) && timeoutSeconds > 0)) {
      problems.add('timeoutSeconds', `${timeoutSeconds} received. Allowed: a whole number above 0.`);
    }
    problems.addIf('url', urlProblem(url));
    checkHttpClient(this.options, url.startsWith('https:') ? 'https' : 'http', problems);
    for (const header of Object.keys(this.options.httpHeaders ?? {})) {
      if (!/^[A-Za-z0-9-]+$/.test(header)) {
        problems.add('httpHeaders', `"${header}" is no name of a header. Allowed: letters, digits and -.`);
      }
    }
    for (const [field, value] of Object.entries({ ...this.options.secureJsonData, ...this.options.httpHeaders })) {
      if (!(value instanceof SecretKey)) {
        problems.add(`secureJsonData.${field}`, 'A literal secret is not allowed. Allowed: SecretKey.of(secret, key).');
      }
    }
    this.checkKind(problems);
  }
}

/** Grafana replaces `$NAME` in provisioning files; a doubled `$` stands for itself. */
function literal(text: string): string {
  return text.replaceAll('$', '$$$$');
}

/** Copies data with every text taken literally, without what is undefined. */
function escapeAll(value: unknown): unknown {
  if (typeof value === 'string') {
    return literal(value);
  }
  if (Array.isArray(value)) {
    return value.map(escapeAll);
  }
  if (
    typeof value === 'object' &&
    value !== null &&
    !(value instanceof SecretKey) &&
    !(value instanceof ConfigMapKey)
  ) {
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, each]) => (each === undefined ? [] : [[key, escapeAll(each)]])),
    );
  }
  return value;
}
