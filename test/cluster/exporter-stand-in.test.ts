import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type RequestOptions, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ExporterProcess } from './harness/exporter-stand-in';
import { testCluster } from './harness/test-cluster';
import { type Credentials, TestPki } from './harness/test-pki';

const exposition = '# TYPE things gauge\nthings{pod="a"} 1\n';

describe('the stand-in for exporters', () => {
  const program = testCluster().handle.tools['exporter-stand-in'] ?? '';
  let folder: string;
  let running: ExporterProcess | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'exporter-stand-in-'));
  });

  afterEach(async () => {
    await running?.stop();
    running = undefined;
    await rm(folder, { recursive: true });
  });

  const start = async (args: readonly string[], env: Record<string, string> = {}): Promise<ExporterProcess> => {
    running = await ExporterProcess.start(program, args, env);
    return running;
  };

  const file = async (name: string, content: string): Promise<string> => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };

  const scrape = (exporter: ExporterProcess, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`http://${exporter.addresses.metrics}/metrics?x=1`, { headers });

  it('reads its exposition anew for every scrape, and what was put goes before', async () => {
    const path = await file('exposition', exposition);
    const exporter = await start([`--exposition-file=${path}`]);
    expect(await (await scrape(exporter)).text()).toBe(exposition);
    await file('exposition', 'things 2\n');
    expect(await (await scrape(exporter)).text()).toBe('things 2\n');
    await exporter.put('exposition', 'things 3\n');
    expect(await (await scrape(exporter)).text()).toBe('things 3\n');
    await fetch(`http://${exporter.addresses.admin}/exposition`, { method: 'DELETE' });
    expect(await (await scrape(exporter)).text()).toBe('things 2\n');
    expect(await exporter.counts()).toMatchObject({ accepted: 4, refused: {}, lastAccepted: { url: '/metrics?x=1' } });
  });

  it('demands a bearer token, the one that its file holds now', async () => {
    const path = await file('token', 'one\n');
    const exporter = await start(['--exposition=x 1', `--bearer-token-file=${path}`]);
    const refused = await scrape(exporter);
    expect([refused.status, refused.headers.get('WWW-Authenticate')]).toEqual([401, 'Bearer']);
    expect((await scrape(exporter, { authorization: 'Bearer two' })).status).toBe(401);
    expect((await scrape(exporter, { authorization: 'Bearer one' })).status).toBe(200);
    await file('token', 'two');
    expect((await scrape(exporter, { authorization: 'Bearer two' })).status).toBe(200);
    expect(await exporter.counts()).toMatchObject({ accepted: 2, refused: { 401: 2 } });
  });

  it('demands a name and a password', async () => {
    const files = [
      `--username-file=${await file('name', 'scraper')}`,
      `--password-file=${await file('password', 'a:b')}`,
    ];
    const exporter = await start(['--exposition=x 1', ...files]);
    const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
    expect((await scrape(exporter)).headers.get('WWW-Authenticate')).toContain('Basic realm=');
    expect((await scrape(exporter, basic('scraper:a'))).status).toBe(401);
    expect((await scrape(exporter, basic('scraper:a:b'))).status).toBe(200);
  });

  describe('with OAuth2', () => {
    const startIssuer = async (...more: string[]): Promise<ExporterProcess> => {
      const files = [
        `--oauth2-client-id-file=${await file('id', 'prometheus')}`,
        `--oauth2-client-secret-file=${await file('secret', 's%&')}`,
      ];
      return start(['--exposition=x 1', '--token-address=127.0.0.1:0', ...files, ...more]);
    };
    const token = async (exporter: ExporterProcess, form: Record<string, string>, headers = {}) => {
      const body = new URLSearchParams({ grant_type: 'client_credentials', ...form });
      const answer = await fetch(`http://${exporter.addresses.tokens}/`, { method: 'POST', body, headers });
      return { status: answer.status, ...((await answer.json()) as { access_token?: string; error?: string }) };
    };
    const client = { client_id: 'prometheus', client_secret: 's%&' };

    it('accepts only tokens that it issued, to clients in the form or in the header', async () => {
      const exporter = await startIssuer();
      expect((await scrape(exporter, { authorization: 'Bearer guessed' })).status).toBe(401);
      expect(await token(exporter, { ...client, client_secret: 's' })).toMatchObject({
        status: 401,
        error: 'invalid_client',
      });
      expect(await token(exporter, { ...client, grant_type: 'password' })).toMatchObject({
        status: 400,
        error: 'unsupported_grant_type',
      });
      const header = Buffer.from(`prometheus:${encodeURIComponent('s%&')}`).toString('base64');
      const issued = [
        await token(exporter, client),
        await token(exporter, { scope: 'metrics', audience: 'gpu' }, { authorization: `Basic ${header}` }),
      ];
      for (const { access_token: accessToken } of issued) {
        expect((await scrape(exporter, { authorization: `Bearer ${accessToken}` })).status).toBe(200);
      }
      expect(await exporter.counts()).toMatchObject({
        accepted: 2,
        refused: { 401: 1 },
        tokensIssued: 2,
        tokensRefused: 2,
        lastTokenRequest: { clientAuthentication: 'basic', scope: 'metrics', parameters: { audience: ['gpu'] } },
      });
    });

    it('answers 403 to a token without the scope, and 401 to one that is too old', async () => {
      const exporter = await startIssuer('--oauth2-scope=metrics', '--oauth2-token-lifetime=1s');
      const bearer = async (form: Record<string, string>) => ({
        authorization: `Bearer ${(await token(exporter, form)).access_token}`,
      });
      expect((await scrape(exporter, await bearer(client))).status).toBe(403);
      const good = await bearer({ ...client, scope: 'other metrics' });
      expect((await scrape(exporter, good)).status).toBe(200);
      await new Promise((resolve) => setTimeout(resolve, 1100));
      expect((await scrape(exporter, good)).headers.get('WWW-Authenticate')).toContain('invalid_token');
    });
  });

  describe('behind TLS', () => {
    let pki: TestPki;
    let server: Credentials;
    let client: Credentials;

    beforeAll(async () => {
      pki = await TestPki.create();
      server = await pki.server('exporter', ['exporter.apps.svc', '127.0.0.1']);
      client = await pki.client('prometheus');
    });

    afterAll(() => pki.remove());

    const get = (exporter: ExporterProcess, options: RequestOptions): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const url = `https://${exporter.addresses.metrics}/metrics`;
        request(url, options, (answer) => answer.resume().on('end', () => resolve(answer.statusCode)))
          .on('error', reject)
          .end();
      });
    const files = () => [`--tls-cert-file=${server.certificateFile}`, `--tls-key-file=${server.keyFile}`];

    it('proves its name', async () => {
      const exporter = await start(['--exposition=x 1', ...files()]);
      const ca = pki.authorityCertificate;
      expect(await get(exporter, { ca, servername: 'exporter.apps.svc' })).toBe(200);
      expect((await exporter.counts()).lastAccepted?.serverName).toBe('exporter.apps.svc');
      await expect(get(exporter, { ca, servername: 'other.apps.svc' })).rejects.toThrow('does not match');
      await expect(get(exporter, {})).rejects.toThrow('unable to verify');
    });

    it('demands a certificate that is one for clients', async () => {
      const exporter = await start(['--exposition=x 1', ...files(), `--tls-client-ca-file=${pki.authorityFile}`]);
      const ca = pki.authorityCertificate;
      await expect(get(exporter, { ca })).rejects.toThrow('certificate required');
      await expect(get(exporter, { ca, cert: server.certificate, key: server.key })).rejects.toThrow('certificate');
      expect(await get(exporter, { ca, cert: client.certificate, key: client.key })).toBe(200);
      expect(await exporter.counts()).toMatchObject({
        accepted: 1,
        handshakesRefused: 2,
        lastAccepted: { clientCertificate: 'CN=prometheus' },
      });
    });
  });

  describe('in the place of a vendor', () => {
    const series = (text: string, name: string): string[] =>
      text.split('\n').filter((line) => line.startsWith(`${name}{`));
    const workload = 'ml/trainer-0/cuda\n';

    it('has the labels of dcgm-exporter, and those of a pod for a busy GPU only', async () => {
      const env = { STAND_IN_FOR: 'dcgm-exporter', DCGM_EXPORTER_LISTEN: '127.0.0.1:0', NODE_NAME: 'gpu-1' };
      const exporter = await start(['--kubernetes', '-c', '1000'], env);
      const read = async () => series(await (await scrape(exporter)).text(), 'DCGM_FI_DEV_GPU_UTIL');
      expect((await read()).filter((line) => line.includes('pod='))).toEqual([]);
      expect((await exporter.put('workloads', workload)).status).toBe(204);
      expect(await read()).toEqual([
        'DCGM_FI_DEV_GPU_UTIL{gpu="0",UUID="GPU-00000000-0000-4000-8000-000000000000",pci_bus_id="00000000:10:00.0",' +
          'device="nvidia0",modelName="NVIDIA H100 80GB HBM3",Hostname="gpu-1",DCGM_FI_DRIVER_VERSION="580.65.06",' +
          'container="cuda",namespace="ml",pod="trainer-0"} 93',
        expect.stringMatching(/gpu="1".*DRIVER_VERSION="580.65.06"} 0$/),
      ]);
      expect((await exporter.put('workloads', 'trainer-0')).status).toBe(400);
    });

    it('collects what the counters file says', async () => {
      const counters = '# comment\nDCGM_FI_DEV_GPU_TEMP, gauge, Temperature.\nDCGM_FI_DEV_SERIAL, label, Serial.\n';
      const args = ['-f', await file('counters.csv', counters)];
      const env = { STAND_IN_FOR: 'dcgm-exporter', DCGM_EXPORTER_LISTEN: '127.0.0.1:0', STAND_IN_WORKLOADS: workload };
      const text = await (await scrape(await start(args, env))).text();
      expect([...text.matchAll(/^# TYPE (.*)$/gm)].map(([, type]) => type)).toEqual(['DCGM_FI_DEV_GPU_TEMP gauge']);
      expect(series(text, 'DCGM_FI_DEV_GPU_TEMP')[0]).toContain('DCGM_FI_DEV_SERIAL="stand-in"} 62');
      // Without --kubernetes it knows of no pods.
      expect(text).not.toContain('trainer-0');
    });

    it('has the labels of the AMD exporter, and reads its workloads from a file', async () => {
      const path = await file('workloads', '-\nml/trainer-0/rocm\n');
      const env = {
        STAND_IN_FOR: 'device-metrics-exporter',
        STAND_IN_WORKLOADS_FILE: path,
        METRICS_EXPORTER_PORT: '0',
        DS_NODE_NAME: 'gpu-2',
      };
      const config = await file('config.json', '{"CommonConfig": {"MetricsFieldPrefix": "amd_"}}');
      const exporter = await start(['--bind=127.0.0.1', `-amd-metrics-config=${config}`], env);
      const read = async () => series(await (await scrape(exporter)).text(), 'amd_gpu_gfx_activity');
      const [idle, busy] = await read();
      expect(idle).toMatch(/container="",.*gpu_id="0",.*namespace="",pod="",.*} 0$/);
      expect(busy).toMatch(/container="rocm",.*gpu_id="1",.*hostname="gpu-2",.*namespace="ml",pod="trainer-0",.*} 96$/);
      await file('workloads', '');
      expect((await read()).filter((line) => line.includes('trainer-0'))).toEqual([]);
    });

    it.each([
      ['a flag that dcgm-exporter does not have', ['--kubernetis'], {}, 'flag provided but not defined: -kubernetis'],
      ['a web configuration', ['--web-config-file=x'], {}, 'the stand-in does not do what this asks for'],
      ['an unknown exporter', [], { STAND_IN_FOR: 'nvitop' }, 'dcgm-exporter and device-metrics-exporter are allowed'],
    ])('refuses %s', async (_, args, env, message) => {
      await expect(start(args, { STAND_IN_FOR: 'dcgm-exporter', ...env })).rejects.toThrow(message);
    });

    it.each([
      ['an unknown field', 'GPU_TEMP, gauge, x', 'could not find DCGM field "GPU_TEMP"'],
      ['an unknown type', 'DCGM_FI_DEV_GPU_TEMP, gauges, x', 'could not find Prometheus metric type "gauges"'],
      ['too few columns', 'DCGM_FI_DEV_GPU_TEMP, gauge', 'wrong number of fields'],
    ])('refuses %s in the counters file', async (_, line, message) => {
      const args = ['-f', await file('counters.csv', `${line}\n`)];
      await expect(start(args, { STAND_IN_FOR: 'dcgm-exporter' })).rejects.toThrow(message);
    });
  });

  it.each([
    ['a key without its certificate', ['--tls-key-file=x'], '-tls-cert-file and -tls-key-file need each other'],
    ['a client authority without TLS', ['--tls-client-ca-file=x'], '-tls-client-ca-file needs -tls-cert-file'],
    ['two kinds of credentials', ['--bearer-token-file=x', '--username-file=y', '--password-file=z'], 'one of'],
    ['a name without a password', ['--username-file=y'], '-username-file and -password-file need each other'],
    ['a token that is not there', ['--bearer-token-file=/no/such'], '/no/such cannot be read or is empty'],
    ['no place for tokens', ['--oauth2-client-id-file=x', '--oauth2-client-secret-file=y'], '-token-address need each'],
  ])('refuses %s', async (_, args, message) => {
    await expect(start(args)).rejects.toThrow(message);
  });
});
