import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { hashSync } from 'bcryptjs';
import { describe, expect, it } from 'vitest';
import { SettingsError } from '../../src/config/settings-error.js';
import { CIPHERS, CURVES, VERSIONS } from '../../src/server/go-tls-names.js';
import { readWebConfig } from '../../src/server/web-config.js';
import { Authority } from './certificates.js';
import { temporaryFolder, write } from './stand.js';

const authority = new Authority();
const SERVER = authority.issue({ name: 'exporter' });
const OTHER = authority.issue({ name: 'other' });
const HASH = hashSync('secret', 4);
const FILES = { 'server.crt': SERVER.cert, 'server.key': SERVER.key, 'ca.crt': authority.cert, 'other.key': OTHER.key };
const PAIR = 'cert_file: server.crt, key_file: server.key';

/** Reads a file beside certificates. */
function read(text: string) {
  const folder = temporaryFolder();
  const path = write(folder, { 'web.yml': text, ...FILES });
  const files = new Set<string>();
  return { folder, path, files, config: () => readWebConfig(path, files) };
}

/** What is wrong, without the path of the file. */
function problems(text: string): readonly string[] {
  const { config, path, folder } = read(text);
  try {
    config();
  } catch (error) {
    if (error instanceof SettingsError) {
      return error.problems.map((problem) => {
        expect(problem.startsWith(path)).toBe(true);
        return problem.slice(path.length).replace(/^: /, '').replaceAll(`${folder}/`, '');
      });
    }
    throw error;
  }
  return [];
}

describe('what may stand in the file', () => {
  it('is nothing', () => {
    for (const text of [
      '',
      '# nothing',
      'tls_server_config:\nbasic_auth_users: {}',
      'http_server_config: { headers: }',
    ]) {
      expect(read(text).config()).toEqual({ tls: undefined, headers: {}, users: new Map(), rateLimit: undefined });
    }
  });

  it('is everything that the format has', () => {
    const { config, files, folder } = read(`
tls_server_config:
  cert_file: server.crt
  key_file: server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ca.crt
  client_allowed_sans: [prometheus, "10.0.0.7"]
  min_version: TLS12
  max_version: TLS13
  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256]
  prefer_server_cipher_suites: false
  curve_preferences: [X25519, CurveP256]
http_server_config:
  http2: yes
  headers:
    Strict-Transport-Security: max-age=31536000
    X-Content-Type-Options: nosniff
    X-Frame-Options: deny
    X-XSS-Protection: ""
    Content-Security-Policy: default-src 'none'
basic_auth_users:
  prometheus: ${HASH}
  123: ${HASH.replace('$2b', '$2y')}
rate_limit: { interval: 500ms, burst: 20 }
`);
    expect(config()).toMatchObject({
      tls: {
        clientAuth: 'RequireAndVerifyClientCert',
        allowedSans: ['prometheus', '10.0.0.7'],
        context: {
          cert: SERVER.cert,
          key: SERVER.key,
          minVersion: 'TLSv1.2',
          maxVersion: 'TLSv1.3',
          ciphers:
            'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:' +
            'ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-CHACHA20-POLY1305',
          honorCipherOrder: false,
          ecdhCurve: 'X25519:P-256',
        },
      },
      headers: {
        'Strict-Transport-Security': 'max-age=31536000',
        'X-Content-Type-Options': 'nosniff',
        'X-Frame-Options': 'deny',
        'Content-Security-Policy': "default-src 'none'",
      },
      users: new Map([
        ['123', HASH.replace('$2b', '$2y')],
        ['prometheus', HASH],
      ]),
      rateLimit: { interval: 0.5, burst: 20 },
    });
    expect([...files]).toEqual(['web.yml', 'server.crt', 'server.key', 'ca.crt'].map((name) => join(folder, name)));
  });

  it('has certificates in itself, too', () => {
    const text = JSON.stringify({
      tls_server_config: {
        cert: SERVER.cert + authority.cert,
        key: SERVER.key,
        client_ca: authority.cert,
        client_auth_type: 'RequestClientCert',
      },
    });
    const { config, files, path } = read(text);
    expect(config().tls).toMatchObject({
      context: { cert: SERVER.cert + authority.cert },
      clientAuth: 'RequestClientCert',
    });
    expect([...files]).toEqual([path]);
  });

  it('has defaults as exporter-toolkit', () => {
    const { tls } = read(`tls_server_config: { ${PAIR} }`).config();
    const context = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3', honorCipherOrder: true, ecdhCurve: 'auto' };
    expect(tls).toMatchObject({ clientAuth: 'NoClientCert', context });
    expect(tls?.allowedSans).toBeUndefined();
    expect(tls?.expires).toBeGreaterThan(Date.now() / 1000);
  });

  it('are all names of ciphers, curves and versions', () => {
    const curves = Object.keys(CURVES).filter((name) => !name.includes('MLKEM'));
    const text = (names: readonly string[]) => JSON.stringify(names);
    const { tls } = read(
      `tls_server_config: { ${PAIR}, cipher_suites: ${text(Object.keys(CIPHERS))}, curve_preferences: ${text(curves)} }`,
    ).config();
    expect(tls?.context.ciphers?.split(':')).toHaveLength(13);
    for (const version of Object.keys(VERSIONS)) {
      expect(problems(`tls_server_config: { ${PAIR}, min_version: ${version} }`)).toEqual([]);
    }
    expect(problems(`tls_server_config: { ${PAIR}, client_auth_type: RequireClientCert }`)).toEqual([]);
  });
});

describe('what is refused', () => {
  const tls = (more: string) => `tls_server_config: { ${PAIR}, ${more} }`;

  it.each([
    ['tls_config: {}', 'tls_config: unknown key'],
    ['tls_server_confg: {}', 'tls_server_confg: unknown key; did you mean tls_server_config?'],
    ['[]', 'must have keys of its own'],
    ['tls_server_config: server.crt', 'tls_server_config: must have keys of its own'],
    [tls('cert_fil: x'), 'tls_server_config.cert_fil: unknown key; did you mean cert_file?'],
    [
      'tls_server_config: { cert_file: server.crt }',
      'tls_server_config.key_file: is missing; TLS needs key_file or key',
    ],
    [
      'tls_server_config: { min_version: TLS13 }',
      'tls_server_config.cert_file: is missing; TLS needs cert_file or cert',
    ],
    [
      'tls_server_config: { cert_file: no.crt, key_file: server.key }',
      'tls_server_config.cert_file: no.crt cannot be read: there is no such file',
    ],
    [
      'tls_server_config: { cert_file: server.key, key_file: server.key }',
      'tls_server_config.cert_file: server.key is no certificate: there is no certificate in PEM',
    ],
    [
      'tls_server_config: { cert_file: server.crt, key_file: ca.crt }',
      'tls_server_config.key_file: ca.crt is no private key in PEM',
    ],
    [
      'tls_server_config: { cert_file: server.crt, key_file: other.key }',
      'tls_server_config.key_file: other.key does not belong to the certificate of server.crt',
    ],
    [tls('cert: x'), 'tls_server_config.cert: excludes cert_file; only one of them can be given'],
    [
      tls('client_auth_type: Always'),
      'tls_server_config.client_auth_type: "Always" is not allowed; allowed: NoClientCert, RequestClientCert, RequireAnyClientCert, RequireClientCert, VerifyClientCertIfGiven, RequireAndVerifyClientCert',
    ],
    [
      tls('client_auth_type: RequireAndVerifyClientCert'),
      'tls_server_config.client_auth_type: RequireAndVerifyClientCert needs client_ca_file or client_ca',
    ],
    [
      tls('client_ca_file: ca.crt'),
      'tls_server_config.client_ca_file: needs a client_auth_type other than NoClientCert',
    ],
    [
      tls('client_auth_type: RequestClientCert, client_ca_file: server.key'),
      'tls_server_config.client_ca_file: server.key is no certificate: there is no certificate in PEM',
    ],
    [
      tls('client_auth_type: RequestClientCert, client_allowed_sans: [a]'),
      'tls_server_config.client_allowed_sans: needs client_auth_type RequireAnyClientCert or RequireAndVerifyClientCert, and it is RequestClientCert',
    ],
    [
      tls('client_auth_type: RequireAnyClientCert, client_allowed_sans: a'),
      'tls_server_config.client_allowed_sans: "a" is not allowed; allowed: a list of texts',
    ],
    [
      tls('min_version: TLS1.2'),
      'tls_server_config.min_version: "TLS1.2" is not allowed; did you mean TLS12?; allowed: TLS10, TLS11, TLS12, TLS13',
    ],
    [
      tls('min_version: TLS13, max_version: TLS12'),
      'tls_server_config.min_version: TLSv1.3 is newer than the max_version TLSv1.2',
    ],
    [
      tls('prefer_server_cipher_suites: sometimes'),
      'tls_server_config.prefer_server_cipher_suites: "sometimes" is not allowed; allowed: true, false',
    ],
    ['http_server_config: { http3: true }', 'http_server_config.http3: unknown key; did you mean http2?'],
    ['http_server_config: { http2: 2 }', 'http_server_config.http2: 2 is not allowed; allowed: true, false'],
    ['http_server_config: { headers: { Server: x } }', 'http_server_config.headers.Server: unknown key'],
    [
      'http_server_config: { headers: { X-Frame-Options: allow } }',
      'http_server_config.headers.X-Frame-Options: "allow" is not allowed; allowed: deny, sameorigin',
    ],
    [
      'http_server_config: { headers: { Content-Security-Policy: "a\\r\\nX: y" } }',
      'http_server_config.headers.Content-Security-Policy: "a\\r\\nX: y" is not allowed in a header; allowed: one line without control characters',
    ],
    [
      'basic_auth_users: { alice: secret }',
      'basic_auth_users.alice: is not allowed; allowed: a password hashed by bcrypt, with a cost from 4 to 18',
    ],
    [
      `basic_auth_users: { alice: "${HASH.replace('$04', '$31')}" }`,
      'basic_auth_users.alice: is not allowed; allowed: a password hashed by bcrypt, with a cost from 4 to 18',
    ],
    [
      `basic_auth_users: { "a:b": "${HASH}" }`,
      'basic_auth_users.a:b: has a colon, which ends the name of a user in a request',
    ],
    ['rate_limit: { interval: 1, burst: 1 }', 'rate_limit.interval: 1 is not allowed; allowed: a text'],
    [
      'rate_limit: { interval: soon, burst: 1 }',
      'rate_limit.interval: "soon" is not allowed; allowed: a duration such as 1s or 100ms, 0s for no limit',
    ],
    ['rate_limit: { interval: 1s }', 'rate_limit.burst: must be 1 or more, or no request would be answered'],
    ['rate_limit: { interval: 1s, burst: -1 }', 'rate_limit.burst: -1 is not allowed; allowed: a whole number from 0'],
    ['a: &a [b]\nbasic_auth_users: *a', 'has an alias of YAML (*name), which cannot be used here'],
  ])('%j', (text, message) => {
    expect(problems(text)).toContain(message);
  });

  it('names unknown ciphers and curves', () => {
    const [curve = '', cipher = ''] = problems(
      tls('cipher_suites: [TLS_RSA_WITH_RC4_128_SHA], curve_preferences: [CurveP255]'),
    );
    expect(cipher).toMatch(
      /^tls_server_config\.cipher_suites: "TLS_RSA_WITH_RC4_128_SHA" is not allowed.*; allowed: TLS_ECDHE/,
    );
    expect(curve).toMatch(
      /^tls_server_config\.curve_preferences: "CurveP255" is not allowed; did you mean CurveP256\?; allowed: /,
    );
  });

  it('names a curve that this OpenSSL does not have', () => {
    const found = problems(tls('curve_preferences: [SecP384r1MLKEM1024, X25519]'));
    const [major = 0, minor = 0] = process.versions.openssl.split('.').map(Number);
    const old = `tls_server_config.curve_preferences: OpenSSL ${process.versions.openssl} does not have SecP384r1MLKEM1024`;
    expect(found).toEqual(major > 3 || (major === 3 && minor >= 5) ? [] : [old]);
  });

  it('says it of a key with a passphrase', () => {
    const { privateKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
    });
    const text = JSON.stringify({ tls_server_config: { cert: SERVER.cert, key: privateKey } });
    expect(problems(text)).toEqual(['tls_server_config.key: is a key with a passphrase, which cannot be used']);
  });

  it('shows nothing of a secret', () => {
    const secret = 'hunter2hunter2';
    const texts = [
      `basic_auth_users: { alice: ${secret} }`,
      'basic_auth_users: { alice: 1234567890 }',
      `basic_auth_users: { alice: "${secret} }`,
      JSON.stringify({ tls_server_config: { cert: SERVER.cert, key: `-----BEGIN PRIVATE KEY-----\n${secret}` } }),
      `tls_server_config: { ${PAIR}, key: 1234567890 }`,
      `${secret}: [`,
    ];
    for (const text of texts) {
      const found = problems(text).join();
      expect(found).not.toBe('');
      expect(found.replace(`${secret}: unknown key`, '')).not.toMatch(/hunter2|1234567890/);
    }
  });

  it('says where it is no YAML, and that it is not there', () => {
    expect(problems('tls_server_config:\n  cert_file: [')).toEqual([expect.stringMatching(/^:\d: no YAML \(/)]);
    expect(() => readWebConfig('/no/such/web.yml', new Set())).toThrow(
      '/no/such/web.yml cannot be read: there is no such file',
    );
  });
});
