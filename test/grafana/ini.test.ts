import { describe, expect, it } from 'vitest';
import { MountedFiles } from '../../lib/core/mounted-files';
import { checkIni, type IniSections, mergeIni, renderIni } from '../../lib/grafana/ini';
import { Problems } from '../../lib/model/problem';
import { ConfigMapKey, SecretKey } from '../../lib/model/references';

const render = (sections: IniSections) => renderIni(sections, new MountedFiles('/mounted'));

function check(sections: IniSections): readonly string[] {
  const problems = Problems.at('');
  checkIni(sections, (section, key) => `config.${section}.${key}`, problems);
  return problems.all.map(({ property, message }) => `${property}: ${message}`);
}

describe('grafana.ini', () => {
  it('is sorted, and leaves out what is not set', () => {
    expect(
      render({
        server: { root_url: 'https://a/', domain: 'a', cdn_url: undefined },
        auth: {},
        DEFAULT: { app_mode: 'production' },
      }),
    ).toBe('[DEFAULT]\napp_mode = production\n\n[server]\ndomain = a\nroot_url = https://a/\n');
  });

  // Read back with gopkg.in/ini.v1, the library that Grafana uses, these give the same texts.
  it.each([
    ['a;b', '`a;b`'],
    ['a # b', '`a # b`'],
    ["'Admin'", "`'Admin'`"],
    ['"quoted"', '`"quoted"`'],
    ['x`y', '`x`y`'],
    ['ends with \\', '`ends with \\`'],
    [' lead', '` lead`'],
    ['', '``'],
    ['plain text, with 1.5 = x', 'plain text, with 1.5 = x'],
  ])('keeps %j as it is', (text, written) => {
    expect(render({ server: { key: text } })).toBe(`[server]\nkey = ${written}\n`);
  });

  it('writes lists with blanks, and as JSON where an item has one', () => {
    expect(render({ auth: { a: ['x', 'y'], b: ['A b', 'c'] } })).toContain('a = x y\nb = `["A b","c"]`\n');
  });

  it('refers to secrets and files by the path where they are mounted', () => {
    const file = { file: ConfigMapKey.of('ca', 'ca.crt') };
    expect(
      render({ smtp: { password: SecretKey.of('mail', 'password'), cert_file: file, key_file: { file: '/a/b' } } }),
    ).toBe(
      '[smtp]\ncert_file = /mounted/configmaps/ca/ca.crt\nkey_file = /a/b\npassword = $__file{/mounted/secrets/mail/password}\n',
    );
  });

  it('merges sections, the last value winning', () => {
    expect(mergeIni({ log: { level: 'info', mode: 'console' } }, { log: { level: 'warn' } })).toEqual({
      log: { level: 'warn', mode: 'console' },
    });
  });

  it('knows the sections of Grafana', () => {
    expect(
      check({ 'plugin.grafana-image-renderer': { a: 1 }, 'unified_alerting.screenshots': {}, DEFAULT: {} }),
    ).toEqual([]);
    expect(check({ securty: { a: 1 } })).toEqual([
      'config.securty: Grafana has no section "securty". Did you mean "security"?',
    ]);
    expect(check({ 'a]\n[b': {} })).toHaveLength(1);
  });

  it.each([
    [
      'line breaks',
      { key: 'a\n[security]\nadmin_user = b' },
      '"a\\n[security]\\nadmin_user = b" holds a line break. Allowed: one line.',
    ],
    ['control characters', { key: 'a\u0000' }, '"a\\u0000" holds a control character. Allowed: one line.'],
    [
      'files',
      { key: '$__file{/etc/passwd}' },
      '"$__file{/etc/passwd}" holds $__file{, which Grafana would replace. Allowed: the final text, or SecretKey.of(secret, key).',
    ],
    [
      'variables',
      { key: 'x${HOME}' },
      '"x${HOME}" holds ${, which Grafana would replace. Allowed: the final text, or SecretKey.of(secret, key).',
    ],
    [
      'other keys',
      { key: '%(domain)s' },
      '"%(domain)s" holds %(domain)s, which Grafana would replace. Allowed: the final text, or SecretKey.of(secret, key).',
    ],
    [
      'items',
      { key: ['a', '${B}'] },
      '"${B}" holds ${, which Grafana would replace. Allowed: the final text, or SecretKey.of(secret, key).',
    ],
    ['numbers', { key: Number.NaN }, 'NaN received. Allowed: a finite number.'],
    [
      'passwords in URLs',
      { key: 'redis://u:p@host' },
      'A literal secret is not allowed, as it would be in the output. Allowed: SecretKey.of(secret, key).',
    ],
  ])('refuses %s that would change what Grafana reads', (_, server, message) => {
    expect(check({ server } as IniSections)).toEqual([`config.server.key: ${message}`]);
  });

  it('refuses literal secrets, and keys that are none', () => {
    const message =
      'A literal secret is not allowed, as it would be in the output. Allowed: SecretKey.of(secret, key).';
    expect(
      check({ smtp: { password: 'x' }, 'auth.github': { client_secret: 'y' }, security: { secret_key: 'z' } }),
    ).toEqual([
      `config.smtp.password: ${message}`,
      `config.auth.github.client_secret: ${message}`,
      `config.security.secret_key: ${message}`,
    ]);
    expect(check({ smtp: { password: SecretKey.of('a', 'b') }, users: { password_hint: 'the usual' } })).toEqual([]);
    expect(check({ server: { 'a b': 1 } })).toEqual([
      'config.server.a b: "a b" is no key. Allowed: letters, digits, _, - and dots.',
    ]);
  });
});
