import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { GpuNode } from './exporter-process.js';

/** A flag as somebody gave it, and what is said of it; `FOLDER` is a folder with the files of {@link FILES}. */
const PROBLEMS: readonly (readonly [what: string, flags: Readonly<Record<string, string>>, says: string])[] = [
  [
    'an unknown flag',
    { 'web.listen-adress': ':1' },
    '--web.listen-adress: unknown flag; did you mean --web.listen-address?',
  ],
  [
    'a value that is not allowed',
    { 'collect.interval': '5' },
    '--collect.interval: "5" is not allowed; allowed: a duration such as 5s, 1m30s or 500ms, from 100ms to 1h',
  ],
  [
    'an unknown profile',
    { profile: 'prometheus' },
    '--profile: "prometheus" is not allowed; allowed: native, dcgm, nvitop',
  ],
  [
    'an unknown back end',
    { backend: 'cuda' },
    '--backend: "cuda" is not allowed; allowed: auto, nvidia, simulated, replay',
  ],
  [
    'a model that is not simulated',
    { backend: 'simulated', gpus: '8xFOO' },
    "--gpus: 'FOO' is no model that is simulated; known are B200, H200, H100, A100, A100-40GB, A10, L40S, L4, T4, V100, RTX4090",
  ],
  [
    'an unknown key of the configuration file',
    { config: 'FOLDER/key.yml' },
    'FOLDER/key.yml:2: web.listen-adress: unknown key; did you mean web.listen-address?',
  ],
  [
    'a bad value of the configuration file',
    { config: 'FOLDER/value.yml' },
    'FOLDER/value.yml:2: collect.staleness: "soon" is not allowed; allowed: a duration such as 5s, 1m30s or 500ms, from 1s to 1d',
  ],
  [
    'a configuration file that is not there',
    { config: 'FOLDER/none.yml' },
    'FOLDER/none.yml: cannot be read: there is no such file',
  ],
  [
    'an unreadable certificate',
    { 'web.config.file': 'FOLDER/web.yml' },
    'FOLDER/web.yml: tls_server_config.cert_file: FOLDER/none.crt cannot be read: there is no such file',
  ],
  [
    'a socket that is none',
    { 'kubernetes.enabled': 'auto', 'kubernetes.pod-resources.socket': 'FOLDER/web.yml' },
    '--kubernetes.pod-resources.socket: FOLDER/web.yml is not a socket',
  ],
  [
    'a socket that is not there',
    { 'kubernetes.enabled': 'auto', 'kubernetes.pod-resources.socket': 'FOLDER/none.sock' },
    '--kubernetes.pod-resources.socket: FOLDER/none.sock is not usable: there is no such file',
  ],
  [
    'a recording that is none',
    { backend: 'replay', replay: 'FOLDER/web.yml' },
    '--replay: FOLDER/web.yml: line 1 is no line of a recording',
  ],
  [
    'a folder of a recording that is not there',
    { record: 'FOLDER/none/calls' },
    '--record: FOLDER/none is not usable: there is no such file',
  ],
  [
    'a kubeconfig that names no server',
    {
      'kubernetes.enabled': 'auto',
      'kubernetes.api-server': 'on',
      'kubernetes.node-name': 'a',
      'kubernetes.kubeconfig': 'FOLDER/key.yml',
    },
    '--kubernetes.api-server: kubeconfig FOLDER/key.yml names no API server',
  ],
];

const FILES: Readonly<Record<string, string>> = {
  'key.yml': 'web:\n  listen-adress: :1\n',
  'value.yml': 'collect:\n  staleness: soon\n',
  'web.yml': 'tls_server_config:\n  cert_file: none.crt\n  key_file: server.key\n',
  'server.key': '',
};

/** Without a driver, so that nothing needs to be compiled. */
const QUIET = { 'nvml.library': '/none', 'log.level': 'error' };

describe.concurrent('before anything is served', { timeout: 30_000 }, () => {
  it.for(PROBLEMS)('says what is wrong with %s, in one line', async ([, flags, says], test) => {
    const node = new GpuNode(test);
    for (const [name, text] of Object.entries(FILES)) writeFileSync(node.path(name), text);
    const given = Object.fromEntries(
      Object.entries(flags).map(([name, value]) => [name, value.replace('FOLDER', node.folder)]),
    );
    const driver = ['simulated', 'replay', 'cuda'].includes(flags.backend ?? '') ? {} : QUIET;
    const { end, noise, log, stdout } = await node.run({ flags: { 'log.level': 'error', ...driver, ...given } });
    expect(end).toEqual({ code: 2, signal: null });
    expect(noise).toEqual([expect.stringContaining(`gpu-exporter: ${says.replaceAll('FOLDER', node.folder)}`)]);
    expect([stdout, log]).toEqual(['', []]);
  });

  it('says that the port is taken', async (test) => {
    const server = createServer().listen(0, '127.0.0.1');
    test.onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { end, noise, log } = await new GpuNode(test).run({ flags: { ...QUIET, 'web.listen-address': address } });
    expect(end).toEqual({ code: 2, signal: null });
    expect(noise).toEqual([`gpu-exporter: cannot listen on ${address}: address in use`]);
    expect(log).toEqual([]);
  });

  it('says all that is wrong at once', async (test) => {
    const { end, noise } = await new GpuNode(test).run({ flags: { ...QUIET, profile: 'dcmg', 'series.limit': '0' } });
    expect(end?.code).toBe(2);
    expect(noise).toEqual([expect.stringMatching(/--profile: .*dcgm/), expect.stringMatching(/--series\.limit: "0"/)]);
  });

  it('takes a configuration file, environment variables before it, and flags before both', async (test) => {
    const node = new GpuNode(test);
    writeFileSync(
      node.path('config.yml'),
      'backend: simulated\ngpus: 2xT4\nprofile: [native, dcgm]\nhostname: from-file\n',
    );
    const { stdout, end } = await node.run({
      flags: {
        config: node.path('config.yml'),
        backend: undefined,
        once: 'true',
        'dcgm.hostname-label': 'hostname',
        'kubernetes.enabled': undefined,
      },
      environment: { GPU_EXPORTER_HOSTNAME: 'from-environment', GPU_EXPORTER_DCGM_HOSTNAME_LABEL: 'Hostname' },
    });
    expect(end?.code).toBe(0);
    expect(stdout).toMatch(/^gpu_devices_visible\{vendor="nvidia"\} 2$/m);
    expect(stdout).toMatch(/^DCGM_FI_DEV_GPU_TEMP\{.*modelName="Tesla T4".*hostname="from-environment"/m);
  });
});
