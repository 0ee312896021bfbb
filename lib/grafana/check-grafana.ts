import type { Exposure } from '../core/exposure';
import { checkWorkload } from '../core/workload';
import type { Problems } from '../model/problem';
import { SecretKey } from '../model/references';
import type { Auth } from './auth';
import type { DataSource } from './data-source';
import { hostPort } from './egress';
import type { GrafanaProps } from './grafana-props';
import { checkIni, type IniSections } from './ini';

/** What is checked. */
interface GrafanaInput {
  readonly props: GrafanaProps;
  readonly exposure: Exposure | undefined;
  readonly auth: readonly Auth[];
  /** The sections that the typed properties stand for. */
  readonly sections: IniSections;
  readonly dataSources: readonly DataSource[];
}

/** Checks everything of a Grafana but its dashboards. */
export function checkGrafana(input: GrafanaInput, problems: Problems): void {
  const { props } = input;
  checkWorkload(props, problems);
  props.storage?.check('storage', problems);
  checkReplicas(props, problems);
  checkExposure(input, problems);
  checkAuth(input, problems);
  checkDataSources(input.dataSources, problems);
  checkServers(props, problems);
  checkPlugins(props, problems);
  checkIni(input.sections, (section, key) => `[${section}] ${key}`, problems);
  checkIni(props.config ?? {}, (section, key) => `config.${section}.${key}`, problems);
  checkOwned(props, problems);
  const seconds = props.dashboardUpdateIntervalSeconds;
  if (seconds !== undefined && !(Number.isInteger(seconds) && seconds > 0)) {
    problems.add('dashboardUpdateIntervalSeconds', `${seconds} received. Allowed: a whole number above 0.`);
  }
}

/** Settings on which the objects rely, and what to use instead. */
const OWNED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  server: {
    http_port: 'The Service and the probes expect 3000.',
    http_addr: 'The Service and the probes expect every address.',
    protocol: 'The Service and the probes expect http; the exposure adds https.',
  },
  security: {
    admin_user: 'Use the property admin.',
    admin_password: 'Use the property admin.',
  },
  paths: {
    data: 'The storage is mounted at /var/lib/grafana.',
    provisioning: 'Data sources and dashboards are mounted at /etc/grafana/provisioning.',
  },
};

function checkOwned({ config = {} }: GrafanaProps, problems: Problems): void {
  for (const [section, keys] of Object.entries(OWNED)) {
    for (const [key, reason] of Object.entries(keys)) {
      if (config[section]?.[key] !== undefined) {
        problems.add(`config.${section}.${key}`, `It cannot be changed here. ${reason}`);
      }
    }
  }
}

function checkReplicas({ replicas = 1, database, storage }: GrafanaProps, problems: Problems): void {
  if (!(Number.isInteger(replicas) && replicas >= 0)) {
    problems.add('replicas', `${replicas} received. Allowed: a whole number.`);
  }
  if (replicas > 1 && database === undefined) {
    problems.add(
      'replicas',
      `${replicas} received, but each would have users and sessions of its own. Allowed: 1, or set database.`,
    );
  }
  const modes = storage?.claimSpec()?.accessModes ?? ['ReadWriteMany'];
  if (replicas > 1 && !modes.includes('ReadWriteMany')) {
    problems.add(
      'storage',
      `${replicas} replicas cannot share a ${modes.join(', ')} volume. Remove storage, as the database keeps everything.`,
    );
  }
}

function checkExposure({ props, exposure }: GrafanaInput, problems: Problems): void {
  if (props.exposure !== undefined) {
    props.exposure.check(problems.within('exposure'));
    for (const property of ['host', 'tls', 'ingress'] as const) {
      if (props[property] !== undefined) {
        problems.add(property, 'The property exposure says it already. Remove one of them.');
      }
    }
    return;
  }
  exposure?.check(problems);
  for (const property of ['tls', 'ingress'] as const) {
    if (exposure === undefined && props[property] !== undefined) {
      problems.add(property, 'It has no effect without host.');
    }
  }
  if (props.ingress?.className === '') {
    problems.add('ingress.className', 'It is empty. Allowed: the name of an IngressClass, or leave it out.');
  }
}

function checkAuth({ props, exposure, auth }: GrafanaInput, problems: Problems): void {
  for (const each of auth) {
    const here = problems.within(each.section);
    each.check(here);
    if (each.redirects && exposure === undefined && props.config?.server?.root_url === undefined) {
      here.add(
        'auth',
        'The provider sends browsers back to Grafana, which does not know its address. Set host or exposure.',
      );
    }
    if (auth.filter(({ section }) => section === each.section).length > 1) {
      here.add('auth', 'Grafana knows one provider of each kind. Remove all but one.');
    }
  }
  if (auth.filter(({ redirects }) => redirects).length > 1 && auth.some(({ autoLogin }) => autoLogin)) {
    problems.add(
      'auth',
      'autoLogin works with one provider alone; there are several, among which users choose. Remove it.',
    );
  }
  if (props.anonymousViewer === true && auth.some(({ autoLogin }) => autoLogin)) {
    problems.add('anonymousViewer', 'true received, but autoLogin sends everyone to the provider. Remove one of them.');
  }
}

function checkDataSources(dataSources: readonly DataSource[], problems: Problems): void {
  const defaults = dataSources.filter(({ isDefault }) => isDefault).map(({ uid }) => uid);
  if (defaults.length > 1) {
    problems.add(
      'dataSources',
      `${defaults.join(' and ')} are both the default. Allowed: one; set isDefault: false on the others.`,
    );
  }
  for (const [index, dataSource] of dataSources.entries()) {
    const here = problems.within(`dataSources/${dataSource.uid}`);
    dataSource.check(here);
    for (const property of ['uid', 'name'] as const) {
      if (dataSources.slice(0, index).some((other) => other[property] === dataSource[property])) {
        here.add(property, `"${dataSource[property]}" is used by another data source. Each needs its own.`);
      }
    }
  }
}

function checkServers({ database, smtp, security }: GrafanaProps, problems: Problems): void {
  for (const [property, host] of Object.entries({ 'database.host': database?.host, 'smtp.host': smtp?.host })) {
    if (host !== undefined && hostPort(host) === undefined) {
      problems.add(
        property,
        `"${host}" received. Allowed: host:port, without a scheme, such as postgres.data.svc:5432.`,
      );
    }
  }
  const secrets = {
    'database.password': database?.password,
    'smtp.password': smtp?.password,
    'security.secretKey': security?.secretKey,
  };
  for (const [property, secret] of Object.entries(secrets)) {
    if (secret !== undefined && !(secret instanceof SecretKey)) {
      problems.add(
        property,
        'A literal secret is not allowed, as it would be in the output. Allowed: SecretKey.of(secret, key).',
      );
    }
  }
  if (database !== undefined) {
    const modes =
      database.type === 'postgres' ? ['disable', 'require', 'verify-full'] : ['true', 'false', 'skip-verify'];
    if (database.sslMode !== undefined && !modes.includes(database.sslMode)) {
      problems.add(
        'database.sslMode',
        `"${database.sslMode}" received. Allowed for ${database.type}: ${modes.join(', ')}.`,
      );
    }
  }
  if (smtp !== undefined && !/^[^@\s]+@[^@\s]+$/.test(smtp.fromAddress)) {
    problems.add('smtp.fromAddress', `"${smtp.fromAddress}" received. Allowed: an e-mail address.`);
  }
}

function checkPlugins({ plugins = [] }: GrafanaProps, problems: Problems): void {
  for (const plugin of plugins) {
    if (!/^[a-z0-9][a-z0-9-]*@\d+\.\d+\.\d+[A-Za-z0-9.+-]*(@https:\/\/[^\s,]+)?$/.test(plugin)) {
      problems.add(
        'plugins',
        `"${plugin}" received. Allowed: id@version or id@version@https://…, so that a restart brings the same program.`,
      );
    }
  }
}
