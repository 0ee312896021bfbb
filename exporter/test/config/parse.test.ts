import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { OPTION_NAMES, optionOf, variableOf } from '../../src/config/options.js';
import { parseSettings } from '../../src/config/parse.js';
import type { Settings } from '../../src/config/settings.js';
import { SettingsError } from '../../src/config/settings-error.js';

const folder = mkdtempSync(join(tmpdir(), 'gpu-exporter-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

type Environment = Readonly<Record<string, string>>;

function settings(argv: readonly string[] = [], env: Environment = {}): Settings {
  const command = parseSettings(argv, env);
  if (command.kind !== 'run') {
    throw new Error(`asks for ${command.kind}`);
  }
  return command.settings;
}

/** What is wrong, line by line. */
function problems(argv: readonly string[] = [], env: Environment = {}): readonly string[] {
  try {
    parseSettings(argv, env);
  } catch (error) {
    if (error instanceof SettingsError) {
      expect(error.message).toBe(error.problems.join('\n'));
      for (const problem of error.problems) {
        expect(problem).not.toMatch(/\p{Cc}/u);
      }
      return error.problems;
    }
    throw error;
  }
  return [];
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('what counts', () => {
  it('has a default for everything that needs one', () => {
    expect(settings()).toEqual({
      web: { listenAddress: [':9836'], telemetryPath: '/metrics', configFile: undefined, maxRequests: 40, timeout: 10 },
      log: { level: 'info', format: 'logfmt' },
      backend: 'auto',
      gpus: '8xH100',
      collect: { interval: 5, timeout: 10, staleness: 60, processes: true, profiling: true, pcieThroughput: false },
      profiles: ['native'],
      dcgm: { names: '4.5', hostnameLabel: 'Hostname', optional: false },
      series: { limit: 50_000, processes: 1000 },
      kubernetes: {
        enabled: 'auto',
        sources: { 'pod-resources': 'auto', 'pods-api': 'auto', 'api-server': 'auto', 'runtime-files': 'auto' },
        podResourcesSocket: '/var/lib/kubelet/pod-resources/kubelet.sock',
        podsApiSocket: '/var/lib/kubelet/pods-api/pods-api.sock',
      },
      idleThreshold: 0.01,
      hostname: hostname(),
      paths: { procfs: '/proc', sysfs: '/sys', rootfs: '/' },
      once: false,
    });
  });

  it('has defaults that every option allows itself', () => {
    for (const name of OPTION_NAMES) {
      const { default: text, type } = optionOf(name);
      expect(text === undefined || type.parse(text) !== undefined, name).toBe(true);
    }
  });

  it('is the flag, then the variable, then the file, then the default', () => {
    const config = file('order.yaml', 'log: { level: debug, format: json }\nweb: { max-requests: 7, timeout: 3s }');
    const env = { GPU_EXPORTER_CONFIG: config, GPU_EXPORTER_LOG_LEVEL: 'warn', GPU_EXPORTER_WEB_MAX_REQUESTS: '8' };
    const { log, web } = settings(['--log.level=error'], env);
    expect(log).toEqual({ level: 'error', format: 'json' });
    expect(web).toMatchObject({ maxRequests: 8, timeout: 3, telemetryPath: '/metrics' });
  });

  it('reaches the settings from a flag, a variable and the file alike', () => {
    const given: Readonly<Record<string, string>> = {
      'web.listen-address': '127.0.0.1:1,[::1]:2',
      'web.telemetry-path': '/gpu/metrics',
      'web.config.file': file('web.yml', ''),
      'web.max-requests': '3',
      'web.timeout': '1m30s',
      'log.level': 'debug',
      'log.format': 'json',
      backend: 'nvidia',
      'nvml.library': '/opt/libnvidia-ml.so.1',
      record: join(folder, 'calls'),
      'collect.interval': '500ms',
      'collect.timeout': '2s',
      'collect.staleness': '1h',
      'collect.processes': 'false',
      'collect.profiling': 'false',
      'collect.pcie-throughput': 'true',
      profile: 'dcgm,nvitop',
      'dcgm.names': '4.6',
      'dcgm.hostname-label': 'hostname',
      'dcgm.optional': 'true',
      'series.limit': '10',
      'series.processes': '0',
      'kubernetes.enabled': 'on',
      'kubernetes.pod-resources': 'off',
      'kubernetes.pods-api': 'off',
      'kubernetes.api-server': 'on',
      'kubernetes.runtime-files': 'on',
      'kubernetes.node-name': 'gpu-1.example',
      'kubernetes.pod-resources.socket': '/a.sock',
      'kubernetes.pods-api.socket': '/b.sock',
      'kubernetes.kubeconfig': file('kubeconfig', ''),
      'idle.threshold': '.5',
      hostname: 'rack-7',
      'path.procfs': folder,
      'path.sysfs': '/',
      'path.rootfs': '/tmp',
    };
    const expected = {
      web: {
        listenAddress: ['127.0.0.1:1', '[::1]:2'],
        telemetryPath: '/gpu/metrics',
        configFile: join(folder, 'web.yml'),
        maxRequests: 3,
        timeout: 90,
      },
      log: { level: 'debug', format: 'json' },
      backend: 'nvidia',
      gpus: '8xH100',
      nvmlLibrary: '/opt/libnvidia-ml.so.1',
      record: join(folder, 'calls'),
      replay: undefined,
      collect: {
        interval: 0.5,
        timeout: 2,
        staleness: 3600,
        processes: false,
        profiling: false,
        pcieThroughput: true,
      },
      profiles: ['dcgm', 'nvitop'],
      dcgm: { names: '4.6', hostnameLabel: 'hostname', optional: true },
      series: { limit: 10, processes: 0 },
      kubernetes: {
        enabled: 'on',
        nodeName: 'gpu-1.example',
        sources: { 'pod-resources': 'off', 'pods-api': 'off', 'api-server': 'on', 'runtime-files': 'on' },
        podResourcesSocket: '/a.sock',
        podsApiSocket: '/b.sock',
        kubeconfig: join(folder, 'kubeconfig'),
      },
      idleThreshold: 0.5,
      hostname: 'rack-7',
      paths: { procfs: folder, sysfs: '/', rootfs: '/tmp' },
      once: false,
    };
    const not = ['gpus', 'replay', 'once', 'config'];
    expect(Object.keys(given).sort()).toEqual(OPTION_NAMES.filter((name) => !not.includes(name)).toSorted());
    const entries = Object.entries(given);
    expect(settings(entries.map(([name, text]) => `--${name}=${text}`))).toEqual(expected);
    expect(
      settings(
        entries.flatMap(([name, text]) => (/true|false/.test(text) ? [`--${name}=${text}`] : [`--${name}`, text])),
      ),
    ).toEqual(expected);
    expect(settings([], Object.fromEntries(entries.map(([name, text]) => [variableOf(name), text])))).toEqual(expected);
    const flat = entries.map(([name, text]) => `${name}: "${text}"\n`).join('');
    expect(settings(['--config', file('flat.yaml', flat)])).toEqual(expected);
    const nested = file(
      'nested.yaml',
      `web:
  listen-address: ["127.0.0.1:1", "[::1]:2"]
  telemetry-path: /gpu/metrics
  config: { file: ${given['web.config.file']} }
  max-requests: 3
  timeout: 1m30s
log: { level: debug, format: json }
backend: nvidia
nvml: { library: /opt/libnvidia-ml.so.1 }
record: ${given.record}
collect: { interval: 500ms, timeout: 2s, staleness: 1h, processes: false, profiling: false, pcie-throughput: true }
profile: [dcgm, nvitop]
dcgm: { names: 4.6, hostname-label: hostname, optional: true }
series: { limit: 10, processes: 0 }
kubernetes:
  enabled: on
  pod-resources: off
  pods-api: off
  pods-api.socket: /b.sock
  api-server: true
  runtime-files: on
  node-name: gpu-1.example
  pod-resources.socket: /a.sock
  kubeconfig: ${given['kubernetes.kubeconfig']}
idle: { threshold: .5 }
hostname: rack-7
path: { procfs: ${folder}, sysfs: /, rootfs: /tmp }
`,
    );
    expect(settings(['--config', nested])).toEqual(expected);
  });

  it('takes the name of the node from NODE_NAME, as the name of the host too', () => {
    expect(settings([], { NODE_NAME: 'gpu-1' })).toMatchObject({
      hostname: 'gpu-1',
      kubernetes: { nodeName: 'gpu-1' },
    });
    const env = { NODE_NAME: 'gpu-1', GPU_EXPORTER_KUBERNETES_NODE_NAME: 'gpu-2', GPU_EXPORTER_HOSTNAME: 'rack-7' };
    expect(settings([], env)).toMatchObject({ hostname: 'rack-7', kubernetes: { nodeName: 'gpu-2' } });
  });

  it('turns Kubernetes on and off by the flags of the ecosystem', () => {
    const enabled = (argv: readonly string[], env: Environment = {}) => settings(argv, env).kubernetes.enabled;
    expect(enabled(['--enable-k8s'])).toBe('on');
    expect(enabled(['--disable-k8s'])).toBe('off');
    expect(enabled(['--no-enable-k8s'])).toBe('off');
    expect(enabled(['--disable-k8s=false'])).toBe('auto');
    expect(enabled(['--enable-k8s'], { GPU_EXPORTER_DISABLE_K8S: 'true' })).toBe('on');
    expect(enabled([], { GPU_EXPORTER_ENABLE_K8S: '1' })).toBe('on');
    expect(enabled(['--config', file('k8s.yaml', 'disable-k8s: true')])).toBe('off');
  });

  it('takes lists from repeated flags and from commas, each value once', () => {
    expect(settings(['--profile=native', '--profile', 'dcgm,native']).profiles).toEqual(['native', 'dcgm']);
    expect(settings([], { GPU_EXPORTER_PROFILE: 'nvitop, dcgm' }).profiles).toEqual(['nvitop', 'dcgm']);
    expect(settings(['--config', file('list.yaml', 'profile: native,dcgm')]).profiles).toEqual(['native', 'dcgm']);
  });

  it('takes an empty variable for none', () => {
    expect(settings([], { GPU_EXPORTER_LOG_LEVEL: '' }).log.level).toBe('info');
  });

  it('leaves variables alone that Kubernetes sets for a Service of a similar name', () => {
    const env = {
      GPU_EXPORTER_SERVICE_HOST: '10.0.0.1',
      GPU_EXPORTER_SERVICE_PORT: '9836',
      GPU_EXPORTER_SERVICE_PORT_METRICS: '9836',
      GPU_EXPORTER_PORT: 'tcp://10.0.0.1:9836',
      GPU_EXPORTER_PORT_9836_TCP: 'tcp://10.0.0.1:9836',
      GPU_EXPORTER_PORT_9836_TCP_ADDR: '10.0.0.1',
      GPU_EXPORTER_METRICS_SERVICE_HOST: '10.0.0.1',
      GPU_EXPORTER_METRICS_PORT_9836_TCP_PROTO: 'tcp',
    };
    expect(problems([], env)).toEqual([]);
    expect(OPTION_NAMES.map(variableOf).filter((name) => /SERVICE|_PORT$/.test(name))).toEqual([]);
  });

  it('asks for a text wherever the flag stands, whatever else is wrong', () => {
    expect(parseSettings(['--nonsense', '--help'], {})).toEqual({ kind: 'help' });
    expect(parseSettings(['-h'], { GPU_EXPORTER_NONSENSE: '1' })).toEqual({ kind: 'help' });
    expect(parseSettings(['--version'], {})).toEqual({ kind: 'version' });
    expect(parseSettings(['--version', '--help'], {})).toEqual({ kind: 'help' });
  });

  it('takes an empty file and one with comments alone for no settings', () => {
    expect(settings(['--config', file('empty.yaml', '')])).toEqual(settings());
    expect(settings(['--config', file('comment.yaml', '# nothing\n---\n')])).toEqual(settings());
  });
});

describe('names that are not known', () => {
  it.each([
    [['--colect.interval', '5s'], '--colect.interval: unknown flag; did you mean --collect.interval?'],
    [['--no-colect.processes'], '--no-colect.processes: unknown flag; did you mean --no-collect.processes?'],
    [['--verison'], '--verison: unknown flag; did you mean --version?'],
    [['--no-log.level'], '--no-log.level: unknown flag; did you mean --log.level?'],
    [['-p'], '-p: unknown flag'],
    [['--__proto__'], '--__proto__: unknown flag'],
    [['9836'], '"9836": not a flag; there are no other arguments'],
    [['--'], '"--": not a flag; there are no other arguments'],
    [['a\nb'], '"a\\nb": not a flag; there are no other arguments'],
  ])('names the flag %j', (argv, message) => {
    expect(problems(argv)).toEqual([message]);
  });

  it('names the variable', () => {
    expect(problems([], { GPU_EXPORTER_WEB_LISTEN_ADRESS: ':1', GPU_EXPORTER_ZZZZZZZZZZ: '' })).toEqual([
      'GPU_EXPORTER_WEB_LISTEN_ADRESS: unknown variable; did you mean GPU_EXPORTER_WEB_LISTEN_ADDRESS?',
      'GPU_EXPORTER_ZZZZZZZZZZ: unknown variable',
    ]);
  });

  it.each([
    ['colect: 5s', ':1: colect: unknown key; did you mean collect?'],
    ['web:\n  tiemout: 5s', ':2: web.tiemout: unknown key; did you mean web.timeout?'],
    ['web: 5s', ':1: web: unknown key; it has keys of its own'],
    ['once: true', ':1: once: unknown key; did you mean profile?'],
    ['web: { __proto__: 1 }', ':1: web.__proto__: unknown key'],
    ['- web', ':1: the file: must have keys of its own'],
    ['log.level: { debug: true }', ':1: log.level: must be one value; allowed: debug, info, warn, error'],
    ['log: { level: [debug, info] }', ':1: log.level: must be one value; allowed: debug, info, warn, error'],
    ['profile: [[dcgm]]', ':1: profile: must be a list; allowed: native, dcgm, nvitop'],
    ['log: { level: debug }\nlog.level: info', ':2: log.level: is set twice in this file'],
    ['enable-k8s: perhaps', ':1: enable-k8s: "perhaps" is not allowed; allowed: true, false, 1, 0'],
  ])('names line and key of %j', (text, message) => {
    const path = file('bad.yaml', text);
    expect(problems(['--config', path])).toEqual([path + message.replace('; did you mean profile?', '')]);
  });

  it('says where the file is no YAML, and that it is not there', () => {
    const path = file('no.yaml', 'web:\n  timeout: [5s\nlog: x');
    expect(problems(['--config', path])).toEqual([expect.stringMatching(/no\.yaml:\d: no YAML: /)]);
    expect(problems(['--config', file('twice.yaml', 'hostname: a\nhostname: b')])).toEqual([
      expect.stringMatching(/twice\.yaml:2: no YAML: .*unique/),
    ]);
    const missing = join(folder, 'missing.yaml');
    expect(problems(['--config', missing])).toEqual([`${missing}: cannot be read: there is no such file`]);
    expect(problems(['--config', folder])).toEqual([`${folder}: cannot be read: it is a directory`]);
  });
});

describe('values that are not allowed', () => {
  const DURATION = 'a duration such as 5s, 1m30s or 500ms, from 100ms to 1h';
  const ADDRESS = 'host:port, such as :9836, 127.0.0.1:9836 or [::1]:9836, with a port from 0 to 65535';

  it.each([
    ['collect.interval', ['5', '5x', '-1s', '1.5s', '50ms', '2h', '5s1m', '', 'NaN'], DURATION],
    [
      'web.listen-address',
      ['9836', ':', ':65536', ':-1', '1.2.3:1', '::1:9836', '[::g]:1', 'a b:1', 'http://x:1'],
      ADDRESS,
    ],
    ['web.max-requests', ['0', '1e3', '4.5', '10001', '0x10', '-1'], 'a whole number from 1 to 10000'],
    [
      'web.telemetry-path',
      ['metrics', '/a?b', '/-/ready', '/snapshot', '/a b', '//a', '/a/'],
      /^a path such as \/metrics/,
    ],
    ['log.level', ['INFO', 'trace', 'constructor'], 'debug, info, warn, error'],
    ['idle.threshold', ['1.01', '1%', '-0.1', '.', ''], 'a number from 0 to 1'],
    ['kubernetes.api-server', ['yes', 'ON'], 'auto, on, off'],
    ['kubernetes.pods-api.socket', ['pods.sock', 'unix:///a'], 'a path that begins with /'],
    ['kubernetes.node-name', ['a b', '-a', 'a"', 'a\nb'], 'a name of letters, digits, dots and hyphens'],
    ['dcgm.names', ['4.60', '4', '3.3'], '4.5, 4.6'],
    ['profile', ['amd', 'dcgm;nvitop'], 'native, dcgm, nvitop'],
    ['gpus', ['H100', '0xH100', '8x', '8xH100+mig', '8 H100'], /^a number and a model/],
  ] as const)('refuses them for %s by flag, variable and file', (name, texts, allowed) => {
    for (const text of texts) {
      // A list is taken apart at blanks, so of such a text several parts are wrong.
      const tail = typeof allowed === 'string' ? `allowed: ${allowed}` : expect.stringMatching(allowed);
      const [line = ''] = problems([`--${name}=${text}`]);
      expect(line).toMatch(new RegExp(`^--${name}: ".*" is not allowed; allowed: .`));
      expect(line.slice(line.indexOf('allowed: ', line.indexOf(';')) + (typeof allowed === 'string' ? 0 : 9))).toEqual(
        tail,
      );
      if (text.trim() !== '') {
        expect(problems([], { [variableOf(name)]: text })[0]).toBe(line.replace(`--${name}`, variableOf(name)));
      }
      const path = file('value.yaml', JSON.stringify({ [name]: text }));
      if (text !== '') {
        expect(problems(['--config', path])[0]).toBe(line.replace(`--${name}`, `${path}:1: ${name}`));
      }
    }
  });

  it('refuses a flag without its value', () => {
    expect(problems(['--log.level'])).toEqual(['--log.level: needs a value; allowed: debug, info, warn, error']);
    expect(problems(['--log.level', '--once'])).toEqual([
      '--log.level: needs a value; allowed: debug, info, warn, error',
    ]);
    expect(problems(['--profile='])).toEqual(['--profile: "" is not allowed; allowed: native, dcgm, nvitop']);
    expect(problems(['--config', file('none.yaml', 'profile: []')])[0]).toMatch(/profile: needs a value/);
  });

  it('refuses two values where one fits', () => {
    expect(problems(['--log.level=info', '--log.level=debug'])).toEqual([
      '--log.level: given as "info" and "debug", and only one can be',
    ]);
    expect(problems(['--enable-k8s', '--disable-k8s'])).toEqual([
      '--enable-k8s and --disable-k8s: given as "on" and "off", and only one can be',
    ]);
    expect(problems(['--log.level=info', '--log.level=info'])).toEqual([]);
  });

  it('says everything that is wrong at once', () => {
    const config = file('many.yaml', 'nonsense: 1\nlog: { format: xml }');
    const env = { GPU_EXPORTER_CONFIG: config, GPU_EXPORTER_BACKEND: 'intel' };
    expect(problems(['--web.timeout=soon', '--wob'], env)).toEqual([
      '--wob: unknown flag',
      `${config}:1: nonsense: unknown key`,
      '--web.timeout: "soon" is not allowed; allowed: a duration such as 5s, 1m30s or 500ms, from 100ms to 10m',
      `${config}:2: log.format: "xml" is not allowed; allowed: logfmt, json`,
      'GPU_EXPORTER_BACKEND: "intel" is not allowed; allowed: auto, nvidia, simulated, replay',
    ]);
  });

  it('cuts what is longer than a line', () => {
    const [line = ''] = problems([`--log.level=${'x'.repeat(5000)}`]);
    expect(line.length).toBeLessThan(300);
    expect(problems([`--${'y'.repeat(50_000)}`])[0]?.length).toBeLessThan(150);
  });
});

describe('what values mean for each other', () => {
  it.each([
    [['--gpus=2xA100'], '--gpus: needs --backend simulated, and it is auto'],
    [['--replay=x'], '--replay: needs --backend replay, and it is auto'],
    [['--backend=replay'], '--backend: replay needs --replay with the path of a recording'],
    [['--backend=simulated', '--record=x'], '--record: needs --backend auto or nvidia, and it is simulated'],
    [
      ['--backend=simulated', '--nvml.library=x'],
      '--nvml.library: needs --backend auto or nvidia, and it is simulated',
    ],
    [
      ['--collect.interval=2m'],
      '--collect.staleness: 60s is shorter than the interval of 120s (--collect.interval), so no value would ever be shown; allowed: the interval or more',
    ],
    [
      ['--disable-k8s', '--kubernetes.api-server=on'],
      '--kubernetes.api-server: on has no effect, as --disable-k8s turns all sources off',
    ],
    [
      ['--kubernetes.api-server=on'],
      '--kubernetes.api-server: on needs the name of the node, by --kubernetes.node-name or NODE_NAME',
    ],
    [['--backend=simulated', '--gpus=99xH100'], '--gpus: 99 GPUs cannot be simulated; a node has 1 to 64'],
  ])('refuses %j', (argv, message) => {
    expect(problems(argv).filter((line) => !line.includes('not usable'))).toEqual([message]);
  });
});

it('names a model that is not simulated, and those that are', () => {
  expect(problems(['--backend=simulated', '--gpus=8xH101'])).toEqual([
    expect.stringMatching(/^--gpus: 'H101' is no model that is simulated; known are .*H100/),
  ]);
  expect(settings(['--backend=simulated', '--gpus=4xA100+MIG,2xT4']).gpus).toBe('4xA100+MIG,2xT4');
});

describe('paths', () => {
  it('are checked where somebody gave them', () => {
    const missing = join(folder, 'missing');
    const some = file('some', '');
    expect(
      problems([
        `--web.config.file=${missing}`,
        `--kubernetes.kubeconfig=${folder}`,
        '--backend=replay',
        `--replay=${missing}`,
        `--path.procfs=${some}`,
        `--kubernetes.pod-resources.socket=${some}`,
        `--kubernetes.pods-api.socket=${missing}`,
      ]),
    ).toEqual([
      `--web.config.file: ${missing} is not usable: there is no such file`,
      `--replay: ${missing} is not usable: there is no such file`,
      `--kubernetes.kubeconfig: ${folder} is not a file`,
      `--path.procfs: ${some} is not a folder`,
      `--kubernetes.pod-resources.socket: ${some} is not a socket`,
      `--kubernetes.pods-api.socket: ${missing} is not usable: there is no such file`,
    ]);
    expect(problems([`--record=${join(missing, 'calls')}`])).toEqual([
      `--record: ${missing} is not usable: there is no such file`,
    ]);
  });

  it('of sockets are needed where their source is on, and not looked at where it is off', async () => {
    const path = join(folder, 'kubelet.sock');
    const on = ['--kubernetes.pod-resources=on', `--kubernetes.pod-resources.socket=${path}`];
    expect(problems(on)).toEqual([`--kubernetes.pod-resources.socket: ${path} is not usable: there is no such file`]);
    expect(problems(['--disable-k8s', ...on.slice(1)])).toEqual([]);
    expect(problems(['--kubernetes.pod-resources=off', ...on.slice(1)])).toEqual([]);
    const server = createServer().listen(path);
    await new Promise((resolve) => server.once('listening', resolve));
    expect(problems(on)).toEqual([]);
    await new Promise((resolve) => server.close(resolve));
  });
});
