import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CommandError, run } from './harness/command';
import { testCluster } from './harness/test-cluster';

const dataSource = {
  name: 'Prometheus',
  uid: 'prometheus',
  type: 'prometheus',
  access: 'proxy',
  url: 'http://localhost',
};
const dashboard = { uid: 'nodes', title: 'Nodes', panels: [{ datasource: { type: 'prometheus', uid: 'prometheus' } }] };

function sources(...entries: object[]): string {
  return JSON.stringify({ apiVersion: 1, datasources: entries });
}

describe('the stand-in for Grafana', () => {
  const program = testCluster().handle.tools['grafana-stand-in'] ?? '';
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'grafana-stand-in-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  /** What the program says about files that are right but for the given ones; it cannot listen, so it always ends. */
  const startWith = async (files: Record<string, string>, env: Record<string, string> = {}): Promise<string> => {
    const providers = [{ name: 'files', type: 'file', options: { path: join(folder, 'dashboards') } }];
    const all: Record<string, string> = {
      'grafana.ini': '[server]\nhttp_port = 3000\n',
      'data/.keep': '',
      'provisioning/datasources/all.yaml': sources(dataSource),
      'provisioning/dashboards/all.yaml': JSON.stringify({ apiVersion: 1, providers }),
      'dashboards/nodes.json': JSON.stringify(dashboard),
      ...files,
    };
    for (const [name, content] of Object.entries(all)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), content);
    }
    const paths = {
      GF_PATHS_CONFIG: join(folder, 'grafana.ini'),
      GF_PATHS_DATA: join(folder, 'data'),
      GF_PATHS_PROVISIONING: join(folder, 'provisioning'),
      GF_SERVER_HTTP_ADDR: '192.0.2.1',
    };
    const error = await run(program, [], { env: { ...paths, ...env } }).then(
      () => undefined,
      (failure: CommandError) => failure,
    );
    return error?.stdout ?? 'ended without an error';
  };

  it('accepts what is right, and only then listens', async () => {
    const output = await startWith({});
    expect(output).toContain('provisioned 1 data sources and 1 dashboards');
    expect(output).toContain('HTTP Server Listen');
  });

  const twoDashboards = { 'dashboards/again.json': JSON.stringify(dashboard) };
  const ini = (text: string) => ({ 'grafana.ini': text });
  const panel = (source: unknown) => ({
    'dashboards/nodes.json': JSON.stringify({ ...dashboard, panels: [{ datasource: source }] }),
  });

  it.each([
    ['an unknown section', ini('[serverr]\n'), ':1: unknown section [serverr]'],
    ['a line that is no setting', ini('[server]\nhttp_port\n'), ':2: key-value delimiter not found: http_port'],
    ['an unclosed section', ini('[server\n'), 'unclosed section'],
    ['a setting that comes twice', ini('[server]\na = 1\na = 2\n'), 'a comes twice in [server]'],
    ['a value that would be cut off', ini('[smtp]\npassword = a#b\n'), 'everything after # or ; would be cut off'],
    ['a file that is not there', ini('[smtp]\npassword = $__file{/no/such}\n'), '[smtp] password: open /no/such'],
    ['an unknown provider of values', ini('[smtp]\npassword = $__fil{/x}\n'), 'unknown provider in $__fil{/x}'],
    [
      'an unknown key of a data source',
      { 'provisioning/datasources/all.yaml': sources({ ...dataSource, isDefualt: true }) },
      'field isDefualt not found',
    ],
    [
      'a data source without uid',
      { 'provisioning/datasources/all.yaml': sources({ ...dataSource, uid: undefined }) },
      'a uid is needed',
    ],
    [
      'a data source with a wrong access',
      { 'provisioning/datasources/all.yaml': sources({ ...dataSource, access: 'server' }) },
      'access \\"server\\" instead of proxy or direct',
    ],
    [
      'two default data sources',
      {
        'provisioning/datasources/all.yaml': sources(
          { ...dataSource, isDefault: true },
          { ...dataSource, name: 'Other', uid: 'other', isDefault: true },
        ),
      },
      'only one data source per organization can be marked as default',
    ],
    ['invalid JSON', { 'dashboards/nodes.json': '{' }, 'nodes.json: invalid JSON'],
    ['no title', { 'dashboards/nodes.json': '{"uid": "x"}' }, 'dashboard title cannot be empty'],
    ['no uid', { 'dashboards/nodes.json': '{"title": "x"}' }, 'uid \\"\\": 1 to 40 letters'],
    ['two dashboards with one uid', twoDashboards, 'the uid \\"nodes\\" is already that of'],
    ['an unknown data source', panel({ uid: 'loki' }), '.panels[0].datasource: no data source with the uid \\"loki\\"'],
    ['a data source of another type', panel({ uid: 'prometheus', type: 'loki' }), 'is of type prometheus, not loki'],
    ['an unknown variable', panel({ uid: '${datasource}' }), 'the dashboard has no data source variable'],
  ])('refuses %s', async (_, files, message) => {
    const output = await startWith(files);
    expect(output).toContain('level=error');
    expect(output).toContain(message);
    expect(output).not.toContain('HTTP Server Listen');
  });

  it('accepts a variable that the dashboard has', async () => {
    const templating = { list: [{ type: 'datasource', name: 'datasource' }] };
    const panels = [{ datasource: { type: 'prometheus', uid: '${datasource}' } }];
    const files = { 'dashboards/nodes.json': JSON.stringify({ ...dashboard, templating, panels }) };
    expect(await startWith(files)).toContain('and 1 dashboards');
  });

  it('lets the environment override settings, also from files', async () => {
    expect(await startWith({}, { GF_SERVER_PROTOCOL: 'socket' })).toContain('protocol \\"socket\\"');
    expect(await startWith({}, { GF_SERVRE_PROTOCOL: 'http' })).toContain('overrides a setting of no section');
    await writeFile(join(folder, 'protocol'), 'from-file\n');
    expect(await startWith({}, { GF_SERVER_PROTOCOL__FILE: join(folder, 'protocol') })).toContain('\\"from-file\\"');
    const both = { GF_SERVER_PROTOCOL: 'http', GF_SERVER_PROTOCOL__FILE: join(folder, 'protocol') };
    expect(await startWith({}, both)).toContain('are exclusive');
  });

  it('needs a folder for its data that it can write', async () => {
    expect(await startWith({}, { GF_PATHS_DATA: '/proc' })).toContain('/proc must be writable');
  });
});
