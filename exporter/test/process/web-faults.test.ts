import { renameSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { until } from '../collector/harness.js';
import { Authority } from '../server/certificates.js';
import { get, shown } from '../server/stand.js';
import { GpuNode } from './exporter-process.js';

const SIMULATED = { backend: 'simulated', gpus: '1xT4', 'kubernetes.enabled': undefined };

/** Puts a file in the place of the one before, whole. */
function replace(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

describe.concurrent('faults around the server', { timeout: 30_000 }, () => {
  it('shows the certificate that was put in the place of the one before, and keeps that while the new one is broken', async (test) => {
    const node = new GpuNode(test);
    const authority = new Authority();
    const issue = (name: string) => {
      const { cert, key } = authority.issue({ name, names: ['DNS:exporter'] });
      replace(node.path('server.key'), key);
      replace(node.path('server.crt'), cert);
    };
    issue('first');
    writeFileSync(node.path('web.yml'), 'tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n');
    const exporter = await node.start({ flags: { ...SIMULATED, 'web.config.file': node.path('web.yml') } });
    const scrape = () => get(exporter.port, '/metrics', { ca: authority.cert });
    const subject = async () => shown(await scrape());
    expect(await subject()).toBe('CN=first');
    issue('second');
    await untilAsync('the second is shown', async () => (await subject()) === 'CN=second');
    replace(node.path('server.crt'), 'no certificate');
    await untilAsync('the failure is counted', async () =>
      /gpu_exporter_web_config_reloads_total\{result="failure"\} [1-9]/.test((await scrape()).body.toString()),
    );
    expect(await subject()).toBe('CN=second');
    expect(exporter.logged('server.crt').filter(({ level }) => level === 'error')).toHaveLength(1);
    issue('third');
    await untilAsync('the third is shown', async () => (await subject()) === 'CN=third');
    exporter.signal('SIGHUP');
    expect((await scrape()).body.toString()).toMatch(/gpu_exporter_web_config_reloads_total\{result="success"\} [1-9]/);
  });

  it('cuts off clients that send nothing or read nothing, and answers the others', async (test) => {
    const exporter = await new GpuNode(test).start({ flags: { ...SIMULATED, 'web.timeout': '500ms' } });
    const closed: boolean[] = [];
    const sockets = Array.from({ length: 50 }, (_, at) => {
      const socket = connect(exporter.port, '127.0.0.1');
      socket.on('error', () => undefined).on('close', () => closed.push(true));
      socket.resume().write(at % 2 === 0 ? 'GET /metrics HTT' : 'x');
      return socket;
    });
    test.onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
    });
    expect((await exporter.scrape()).value('gpu_exporter_build_info')).toBe(1);
    await until('all are cut off', () => closed.length === sockets.length);
    expect((await exporter.scrape()).value('gpu_exporter_build_info')).toBe(1);
  });
});

async function untilAsync(what: string, holds: () => Promise<boolean>, seconds = 10): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`Not within ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
