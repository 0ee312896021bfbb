import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { hashSync } from 'bcryptjs';
import { describe, expect, it, type TestContext } from 'vitest';
import { tool } from '../../test/tool.js';
import { hasCompiler } from './nvml/library.js';
import { type ExporterProcess, GpuNode } from './process/exporter-process.js';
import { Procfs } from './process/procfs.js';
import { PrometheusServer } from './process/prometheus-server.js';
import { Authority } from './server/certificates.js';

/** A node with GPUs of several kinds, with and without MIG, and a process. */
function variedNode(test: TestContext): { readonly node: GpuNode; readonly procfs: Procfs } {
  const node = new GpuNode(test);
  const procfs = new Procfs(node.path('proc')).add(4711, { name: 'a"b\\c\nd' });
  node.script
    .device({ preset: 'h100' })
    .device({ preset: 'a100', values: { 'mig.mode': 1 } })
    .mig(1, { index: 0, gi: 7, profile: '1g.5gb', uuid: 'MIG-one', memoryTotal: 5000, memoryUsed: 100 })
    .device({ preset: 't4' })
    .device({ preset: 'gb10' })
    .process(0, { pid: 4711, memory: 5000, sm: 20 })
    .write();
  return { node, procfs };
}

const target = ({ port }: ExporterProcess) => ({ static_configs: [{ targets: [`127.0.0.1:${port}`] }] });

describe.skipIf(!hasCompiler())('Prometheus', { timeout: 60_000 }, () => {
  it('scrapes every profile as text, and the native one as OpenMetrics too', async (test) => {
    const program = tool('prometheus', test);
    const { node, procfs } = variedNode(test);
    const flags = { 'path.procfs': procfs.path, 'dcgm.optional': 'true' };
    const native = await node.startWith(4, { flags });
    const dcgm = await node.start({ flags: { ...flags, profile: 'dcgm' } });
    const newDcgm = await node.start({
      flags: { ...flags, profile: 'dcgm', 'dcgm.names': '4.6', 'dcgm.hostname-label': 'hostname' },
    });
    const nvitop = await node.start({ flags: { ...flags, profile: 'nvitop' } });
    const all = await node.startWith(4, { flags: { ...flags, profile: 'native,dcgm,nvitop' } });
    const prometheus = new PrometheusServer();
    test.onTestFinished(() => prometheus.stop());
    await prometheus.start(program, [
      { job_name: 'text', scrape_protocols: ['PrometheusText0.0.4'], ...target(native) },
      { job_name: 'openmetrics', scrape_protocols: ['OpenMetricsText1.0.0'], ...target(native) },
      { job_name: 'any', ...target(native) },
      { job_name: 'dcgm', ...target(dcgm) },
      { job_name: 'dcgm-4.6', ...target(newDcgm) },
      { job_name: 'nvitop', ...target(nvitop) },
      { job_name: 'all', ...target(all) },
    ]);
    await prometheus.queryUntil('up == 1', 7);
    await prometheus.queryUntil('scrape_samples_scraped > 100', 7);
    const up = await prometheus.queryUntil('gpu_up{job=~"text|openmetrics|any|all"} == 1', 16);
    expect(new Set(up.map(({ metric }) => metric.uuid)).size).toBe(4);
    const [info] = await prometheus.queryUntil('gpu_process_info{job="openmetrics"}', 1);
    expect(info?.metric.process_name).toBe('a"b\\c\nd');
    await prometheus.queryUntil('DCGM_FI_DEV_POWER_USAGE{job="dcgm"}', 4);
    await prometheus.queryUntil('process_gpu_memory{job="nvitop"}', 1);
    // All samples of a format are those of the other.
    const counts = await prometheus.query(
      'count by (job) ({__name__=~"gpu_.+",__name__!~"gpu_exporter_.+",job=~"text|openmetrics|any"})',
    );
    expect(new Set(counts.map(({ value }) => value[1])).size).toBe(1);
    expect(await prometheus.errors()).not.toMatch(/: [^;]/);
    expect(prometheus.output).not.toMatch(/level=(ERROR|error)|out of order|duplicate/i);
  });

  it('scrapes by TLS, with a client certificate, and with a password', async (test) => {
    const program = tool('prometheus', test);
    const node = new GpuNode(test, 1);
    const authority = new Authority();
    const server = authority.issue({ name: 'exporter', names: ['DNS:exporter'] });
    const client = authority.issue({ name: 'prometheus', usage: 'client', names: ['DNS:prometheus'] });
    const files = { 'ca.crt': authority.cert, 'client.crt': client.cert, 'client.key': client.key, password: 'secret' };
    for (const [name, text] of Object.entries({ ...files, 'server.crt': server.cert, 'server.key': server.key })) {
      writeFileSync(node.path(name), text);
    }
    const tls = { cert_file: 'server.crt', key_file: 'server.key' };
    const basic_auth_users = { prometheus: hashSync('secret', 6) };
    const start = (name: string, config: object) => {
      writeFileSync(node.path(name), JSON.stringify(config));
      return node.start({ flags: { 'web.config.file': node.path(name) } });
    };
    const encrypted = await start('tls.yml', { tls_server_config: tls });
    const mutual = await start('mutual.yml', {
      tls_server_config: { ...tls, client_auth_type: 'RequireAndVerifyClientCert', client_ca_file: 'ca.crt' },
    });
    const withPassword = await start('password.yml', { basic_auth_users });
    const both = await start('both.yml', { tls_server_config: tls, basic_auth_users });

    const ca = { ca_file: 'ca.crt', server_name: 'exporter' };
    const https = { scheme: 'https', tls_config: ca };
    const certificate = { scheme: 'https', tls_config: { ...ca, cert_file: 'client.crt', key_file: 'client.key' } };
    const basic_auth = { username: 'prometheus', password_file: 'password' };
    const prometheus = new PrometheusServer();
    test.onTestFinished(() => prometheus.stop());
    await prometheus.start(
      program,
      [
        { job_name: 'tls', ...https, ...target(encrypted) },
        { job_name: 'mutual', ...certificate, ...target(mutual) },
        { job_name: 'password', basic_auth, ...target(withPassword) },
        { job_name: 'both', ...https, basic_auth, ...target(both) },
        { job_name: 'no certificate', ...https, ...target(mutual) },
        { job_name: 'no password', ...https, ...target(both) },
        { job_name: 'no encryption', ...target(encrypted) },
      ],
      files,
    );
    const up = await prometheus.queryUntil('up == 1', 4);
    expect(up.map(({ metric }) => metric.job).sort()).toEqual(['both', 'mutual', 'password', 'tls']);
    await prometheus.queryUntil('up == 0', 3);
    await prometheus.queryUntil('gpu_up == 1', 4);
    const errors = await prometheus.errors();
    expect(errors).toContain('no certificate: server returned HTTP status 403');
    expect(errors).toContain('no password: server returned HTTP status 401');
  });
});

describe.skipIf(!hasCompiler())('promtool', () => {
  it('has no complaint about what a running exporter shows in the native profile', async (test) => {
    const promtool = tool('promtool', test);
    const { node, procfs } = variedNode(test);
    const exporter = await node.startWith(4, { flags: { 'path.procfs': procfs.path } });
    const { body } = await exporter.get('/metrics');
    const { status, stdout, stderr } = spawnSync(promtool, ['check', 'metrics'], { input: body, encoding: 'utf8' });
    expect([status, stdout, stderr]).toEqual([0, '', '']);
  });
});
