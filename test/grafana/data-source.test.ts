import { describe, expect, it } from 'vitest';
import { DataSource } from '../../lib/grafana/data-source';
import { ConfigMapKey, SecretKey } from '../../lib/model/references';
import { problemsOf, Synthesized } from './synthesized';

const url = 'https://prometheus.example.com';

describe('data sources', () => {
  it('are files, so that what is removed here is removed in Grafana', () => {
    const synthesized = new Synthesized({}, (grafana) => grafana.addDataSource(DataSource.prometheus({ url })));
    expect(synthesized.configuration['datasources.yaml']).toContain('apiVersion: 1\nprune: true\n');
    expect(synthesized.dataSources).toEqual([
      {
        name: 'Prometheus',
        uid: 'prometheus',
        type: 'prometheus',
        url,
        access: 'proxy',
        orgId: 1,
        isDefault: true,
        editable: false,
        jsonData: { httpMethod: 'POST', manageAlerts: false, prometheusType: 'Prometheus' },
      },
    ]);
  });

  it('says everything of a Prometheus', () => {
    const dataSource = DataSource.prometheus({
      url,
      name: 'Thanos',
      uid: 'thanos',
      timeInterval: '30s',
      queryTimeout: '60s',
      httpMethod: 'GET',
      manageAlerts: true,
      prometheusType: 'Thanos',
      prometheusVersion: '0.40.0',
      cacheLevel: 'High',
      incrementalQuerying: true,
      timeoutSeconds: 60,
      jsonData: { disableRecordingRules: true },
    });
    expect(new Synthesized({ dataSources: [dataSource] }).dataSources[0]).toMatchObject({
      isDefault: false,
      jsonData: {
        timeInterval: '30s',
        queryTimeout: '60s',
        httpMethod: 'GET',
        manageAlerts: true,
        prometheusType: 'Thanos',
        prometheusVersion: '0.40.0',
        cacheLevel: 'High',
        incrementalQuerying: true,
        timeout: 60,
        disableRecordingRules: true,
      },
    });
  });

  it('reads secrets from variables, which Grafana does not expand twice', () => {
    const dataSource = DataSource.prometheus({
      url,
      basicAuth: { username: 'reader', password: SecretKey.of('prometheus-reader', 'password') },
      tls: {
        ca: ConfigMapKey.of('internal-ca', 'ca.crt'),
        cert: SecretKey.of('client', 'tls.crt'),
        key: SecretKey.of('client', 'tls.key'),
        serverName: 'prometheus',
      },
      httpHeaders: { 'X-Scope-OrgID': SecretKey.of('tenant', 'id') },
    });
    const synthesized = new Synthesized({ dataSources: [dataSource] });
    expect(synthesized.dataSources[0]).toMatchObject({
      basicAuth: true,
      basicAuthUser: 'reader',
      jsonData: { tlsAuth: true, tlsAuthWithCACert: true, serverName: 'prometheus', httpHeaderName1: 'X-Scope-OrgID' },
      secureJsonData: {
        basicAuthPassword: '$PROVISIONED_PROMETHEUS_PASSWORD',
        tlsCACert: '$PROVISIONED_PROMETHEUS_CA',
        tlsClientCert: '$PROVISIONED_PROMETHEUS_CERT',
        tlsClientKey: '$PROVISIONED_PROMETHEUS_KEY',
        httpHeaderValue1: '$PROVISIONED_PROMETHEUS_X_SCOPE_ORGID',
      },
    });
    const { env } = synthesized.container;
    const source = (name: string) => env.find((each) => each.name === name)?.valueFrom;
    expect(source('PROVISIONED_PROMETHEUS_PASSWORD')).toEqual({
      secretKeyRef: { name: 'prometheus-reader', key: 'password' },
    });
    expect(source('PROVISIONED_PROMETHEUS_CA')).toEqual({ configMapKeyRef: { name: 'internal-ca', key: 'ca.crt' } });
  });

  it('sends a token, and tells equal names of variables apart', () => {
    const custom = (uid: string) =>
      DataSource.custom({
        name: uid,
        uid,
        type: 'loki',
        url,
        user: 'u',
        database: 'd',
        authorization: { credentials: SecretKey.of(uid, 'token') },
        secureJsonData: { apiKey: SecretKey.of(uid, 'key') },
      });
    const [first, second] = new Synthesized({ dataSources: [custom('a-b'), custom('a_b')] }).dataSources;
    expect(first).toMatchObject({
      type: 'loki',
      user: 'u',
      database: 'd',
      jsonData: { httpHeaderName1: 'Authorization' },
      secureJsonData: { httpHeaderValue1: 'Bearer $PROVISIONED_A_B_AUTHORIZATION', apiKey: '$PROVISIONED_A_B_APIKEY' },
    });
    expect(second).toMatchObject({ secureJsonData: { apiKey: '$PROVISIONED_A_B_APIKEY_2' } });
  });

  it('takes every dollar of a text literally', () => {
    const dataSource = DataSource.custom({
      name: 'Cost $',
      uid: 'x',
      type: 'x',
      url,
      jsonData: { a: ['$HOME', '$$'], b: { c: 1 } },
    });
    expect(new Synthesized({ dataSources: [dataSource] }).dataSources[0]).toMatchObject({
      name: 'Cost $$',
      jsonData: { a: ['$$HOME', '$$$$'], b: { c: 1 } },
    });
  });

  it('knows Alertmanager', () => {
    const dataSource = DataSource.alertmanager({ url, handleGrafanaManagedAlerts: true });
    expect(new Synthesized({ dataSources: [dataSource] }).dataSources[0]).toMatchObject({
      name: 'Alertmanager',
      uid: 'alertmanager',
      type: 'alertmanager',
      isDefault: false,
      jsonData: { implementation: 'prometheus', handleGrafanaManagedAlerts: true },
    });
  });

  it('are checked', () => {
    const bad = DataSource.custom({
      name: ' ',
      uid: 'a b',
      type: 'No Plugin',
      url: 'prometheus:9090',
      timeoutSeconds: 0,
      httpHeaders: { 'a b': 'secret' as unknown as SecretKey },
    });
    expect(problemsOf({ dataSources: [bad] })).toEqual([
      'chart/grafana/dataSources/a b name: It is empty. Allowed: the name that users see.',
      'chart/grafana/dataSources/a b uid: "a b" received. Allowed: 1 to 40 letters, digits, - and _.',
      'chart/grafana/dataSources/a b timeoutSeconds: 0 received. Allowed: a whole number above 0.',
      'chart/grafana/dataSources/a b url: "prometheus:9090" has the scheme prometheus. Allowed: http, https.',
      'chart/grafana/dataSources/a b httpHeaders: "a b" is no name of a header. Allowed: letters, digits and -.',
      'chart/grafana/dataSources/a b secureJsonData.a b: A literal secret is not allowed. Allowed: SecretKey.of(secret, key).',
      'chart/grafana/dataSources/a b type: "No Plugin" received. Allowed: the id of a plugin, such as loki.',
    ]);
    expect(problemsOf({ dataSources: [DataSource.prometheus({ url, timeInterval: '30 s' })] })).toEqual([
      expect.stringContaining('chart/grafana/dataSources/prometheus timeInterval: "30 s" is not a duration.'),
    ]);
  });

  it('need identities of their own, one default, and no credentials over plain http', () => {
    expect(problemsOf({ dataSources: [DataSource.prometheus({ url }), DataSource.prometheus({ url })] })).toEqual([
      'chart/grafana dataSources: prometheus and prometheus are both the default. Allowed: one; set isDefault: false on the others.',
      'chart/grafana/dataSources/prometheus uid: "prometheus" is used by another data source. Each needs its own.',
      'chart/grafana/dataSources/prometheus name: "Prometheus" is used by another data source. Each needs its own.',
    ]);
    const basicAuth = { username: 'a', password: SecretKey.of('a', 'b') };
    expect(problemsOf({ dataSources: [DataSource.prometheus({ url: 'http://a:9090', basicAuth })] })).toEqual([
      expect.stringContaining('basicAuth: Credentials would travel over plain http'),
    ]);
  });
});
