import { readFileSync } from 'node:fs';
import { validateHeaderValue } from 'node:http';
import { dirname } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { quoted, reason, SettingsError } from '../config/settings-error.js';
import { parseDuration } from '../config/value-types.js';
import { ConfigSection } from './config-section.js';
import type { RateLimit } from './rate-limiter.js';
import { readTlsConfig, TLS_KEYS, type TlsConfig } from './tls-config.js';

/** What exporter-toolkit's web configuration file says. */
export interface WebConfig {
  readonly tls?: TlsConfig;
  /** Added to every answer. */
  readonly headers: Readonly<Record<string, string>>;
  /** Hashes of passwords by bcrypt, by the names of users; nobody needs a password where it is empty. */
  readonly users: ReadonlyMap<string, string>;
  readonly rateLimit?: RateLimit;
}

/** Headers that the format knows, with all values of those that have few. */
const HEADERS: Readonly<Record<string, readonly string[]>> = {
  'Strict-Transport-Security': [],
  'X-Content-Type-Options': ['nosniff'],
  'X-Frame-Options': ['deny', 'sameorigin'],
  'X-XSS-Protection': [],
  'Content-Security-Policy': [],
};

/** A hash takes twice as long with each step: 18 are about 15 seconds, and more than any scrape would wait. */
const HIGHEST_COST = 18;

/** Without a file: no encryption, no passwords. */
export const OPEN: WebConfig = { headers: {}, users: new Map() };

function readHeaders(section: ConfigSection): Readonly<Record<string, string>> {
  const entries = section.keys.flatMap((name) => {
    const value = section.text(name);
    const allowed = HEADERS[name];
    if (value === undefined || allowed === undefined) {
      return [];
    }
    if (allowed.length > 0 && !allowed.includes(value)) {
      section.problem(name, `${quoted(value)} is not allowed; allowed: ${allowed.join(', ')}`);
    }
    try {
      validateHeaderValue(name, value);
    } catch {
      section.problem(
        name,
        `${quoted(value)} is not allowed in a header; allowed: one line without control characters`,
      );
    }
    return [[name, value] as const];
  });
  return Object.fromEntries(entries);
}

function readUsers(section: ConfigSection): ReadonlyMap<string, string> {
  const users = new Map<string, string>();
  for (const name of section.keys) {
    const hash = section.text(name, true);
    const cost = Number(/^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(hash ?? '')?.[1] ?? Number.NaN);
    if (!(cost >= 4 && cost <= HIGHEST_COST)) {
      section.problem(
        name,
        `is not allowed; allowed: a password hashed by bcrypt, with a cost from 4 to ${HIGHEST_COST}`,
      );
    }
    if (name.includes(':')) {
      section.problem(name, 'has a colon, which ends the name of a user in a request');
    }
    users.set(name, hash ?? '');
  }
  return users;
}

function readRateLimit(section: ConfigSection): RateLimit | undefined {
  const text = section.text('interval');
  const burst = section.integer('burst', 0) ?? 0;
  const interval = parseDuration(text ?? '0s');
  if (interval === undefined) {
    section.problem(
      'interval',
      `${quoted(text)} is not allowed; allowed: a duration such as 1s or 100ms, 0s for no limit`,
    );
    return undefined;
  }
  if (interval > 0 && burst === 0) {
    section.problem('burst', 'must be 1 or more, or no request would be answered');
  }
  return interval === 0 ? undefined : { interval, burst };
}

/**
 * Reads the web configuration file of Prometheus' exporter-toolkit.
 *
 * Two things differ. HTTP/2 is accepted in the file but never offered: one request at a time has no use for it. And what
 * would silently leave the exporter open is an error: keys of TLS without a certificate, or certificates of clients that
 * are verified against no authority.
 *
 * @param files gathers every file that was looked at
 * @throws SettingsError with one line per problem
 * @see https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md
 */
export function readWebConfig(path: string, files: Set<string>): WebConfig {
  files.add(path);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new SettingsError([`${path} cannot be read: ${reason(error)}`]);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: '1.1' });
  const [error] = document.errors;
  if (error !== undefined) {
    // The text of the message could be a part of a key.
    throw new SettingsError([`${path}:${lines.linePos(error.pos[0]).line}: no YAML (${error.code})`]);
  }
  let content: unknown;
  try {
    content = document.toJS({ maxAliasCount: 0 });
  } catch {
    throw new SettingsError([`${path}: has an alias of YAML (*name), which cannot be used here`]);
  }
  const problems: string[] = [];
  const keys = ['tls_server_config', 'http_server_config', 'basic_auth_users', 'rate_limit'];
  const root = new ConfigSection(`${path}:`, content, problems, keys);
  const http = root.section('http_server_config', ['http2', 'headers']);
  http.boolean('http2');
  const config = {
    tls: readTlsConfig(root.section('tls_server_config', TLS_KEYS), dirname(path), files),
    headers: readHeaders(http.section('headers', Object.keys(HEADERS))),
    users: readUsers(root.section('basic_auth_users')),
    rateLimit: readRateLimit(root.section('rate_limit', ['interval', 'burst'])),
  };
  if (problems.length > 0) {
    throw new SettingsError(problems);
  }
  return config;
}
