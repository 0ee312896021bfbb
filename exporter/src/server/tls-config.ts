import type { X509Certificate } from 'node:crypto';
import { constants } from 'node:crypto';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { reason } from '../config/settings-error.js';
import type { ConfigSection } from './config-section.js';
import { CIPHERS, CURVES, TLS13_CIPHERS, VERSIONS } from './go-tls-names.js';
import { type Pem, PemReader } from './tls-material.js';

/** Keys of `tls_server_config`. */
export const TLS_KEYS = [
  'cert',
  'key',
  'client_ca',
  'cert_file',
  'key_file',
  'client_ca_file',
  'client_auth_type',
  'client_allowed_sans',
  'min_version',
  'max_version',
  'cipher_suites',
  'prefer_server_cipher_suites',
  'curve_preferences',
] as const;

/** What is asked of certificates of clients, in the words of Go. */
export type ClientAuth =
  | 'NoClientCert'
  | 'RequestClientCert'
  | 'RequireAnyClientCert'
  | 'VerifyClientCertIfGiven'
  | 'RequireAndVerifyClientCert';

const CLIENT_AUTH: Readonly<Record<string, ClientAuth>> = {
  NoClientCert: 'NoClientCert',
  RequestClientCert: 'RequestClientCert',
  RequireAnyClientCert: 'RequireAnyClientCert',
  RequireClientCert: 'RequireAnyClientCert',
  VerifyClientCertIfGiven: 'VerifyClientCertIfGiven',
  RequireAndVerifyClientCert: 'RequireAndVerifyClientCert',
};

/** How connections are encrypted. */
export interface TlsConfig {
  readonly context: SecureContextOptions;
  readonly clientAuth: ClientAuth;
  /** A certificate of a client must have one of these names. */
  readonly allowedSans?: readonly string[];
  /** Unix time in seconds from which on clients no longer accept the certificate. */
  readonly expires: number;
}

/** Says what the keys need of each other. */
function checkClients(section: ConfigSection, clientAuth: ClientAuth, ca: Pem | undefined): void {
  const verifies = clientAuth === 'VerifyClientCertIfGiven' || clientAuth === 'RequireAndVerifyClientCert';
  if (verifies && ca === undefined) {
    // Go takes the authorities of the system here, with whose certificates anybody could come.
    section.problem('client_auth_type', `${clientAuth} needs client_ca_file or client_ca`);
  }
  if (ca !== undefined && clientAuth === 'NoClientCert') {
    section.problem(ca.key, 'needs a client_auth_type other than NoClientCert');
  }
  if (section.keys.includes('client_allowed_sans') && !clientAuth.startsWith('Require')) {
    const needed = 'RequireAnyClientCert or RequireAndVerifyClientCert';
    section.problem('client_allowed_sans', `needs client_auth_type ${needed}, and it is ${clientAuth}`);
  }
}

/** Checks that key and certificate belong together. @returns the certificate of the server, if they do */
function checkPair(reader: PemReader, cert: Pem, key: Pem): X509Certificate | undefined {
  const [certificate] = reader.certificates(cert);
  const privateKey = reader.privateKey(key);
  if (certificate === undefined || privateKey === undefined) {
    return undefined;
  }
  if (!certificate.checkPrivateKey(privateKey)) {
    reader.problem(key, `does not belong to the certificate of ${cert.source === '' ? cert.key : cert.source}`);
    return undefined;
  }
  return certificate;
}

function versions(section: ConfigSection): Pick<SecureContextOptions, 'minVersion' | 'maxVersion'> {
  const minVersion = section.oneOf('min_version', VERSIONS) ?? 'TLSv1.2';
  const maxVersion = section.oneOf('max_version', VERSIONS) ?? 'TLSv1.3';
  if (minVersion > maxVersion) {
    section.problem('min_version', `${minVersion} is newer than the max_version ${maxVersion}`);
  }
  return { minVersion, maxVersion };
}

/** The list of OpenSSL; TLS 1.3 is always in it, as Go has it. */
function ciphers(section: ConfigSection, minVersion: string): string {
  const chosen = section.listOf('cipher_suites', CIPHERS);
  const list = chosen.length === 0 ? constants.defaultCipherList : [...TLS13_CIPHERS, ...chosen].join(':');
  // Without this OpenSSL 3 refuses the signatures of TLS 1.0 and 1.1, whatever the versions are.
  return minVersion < 'TLSv1.2' ? `${list}:@SECLEVEL=0` : list;
}

/**
 * Reads `tls_server_config`.
 *
 * @param folder that paths are relative to
 * @param files gathers every file that was looked at
 * @returns undefined where connections are not encrypted, and where something is wrong
 * @see https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md
 */
export function readTlsConfig(section: ConfigSection, folder: string, files: Set<string>): TlsConfig | undefined {
  if (section.keys.length === 0) {
    return undefined;
  }
  const reader = new PemReader(section, folder, files);
  const [cert, key, ca] = [reader.read('cert'), reader.read('key'), reader.read('client_ca')];
  for (const name of ['cert', 'key']) {
    if (!section.keys.includes(name) && !section.keys.includes(`${name}_file`)) {
      section.problem(`${name}_file`, `is missing; TLS needs ${name}_file or ${name}`);
    }
  }
  const clientAuth = section.oneOf('client_auth_type', CLIENT_AUTH) ?? 'NoClientCert';
  checkClients(section, clientAuth, ca);
  const authorities = ca === undefined ? [] : reader.certificates(ca);
  const range = versions(section);
  const curves = section.listOf('curve_preferences', CURVES);
  const context: SecureContextOptions = {
    ...range,
    cert: cert?.text,
    key: key?.text,
    ca: authorities.length === 0 ? undefined : authorities.map((certificate) => certificate.toString()),
    ciphers: ciphers(section, range.minVersion ?? ''),
    honorCipherOrder: section.boolean('prefer_server_cipher_suites') ?? true,
    ecdhCurve: curves.length === 0 ? 'auto' : curves.join(':'),
  };
  const certificate = cert === undefined || key === undefined ? undefined : checkPair(reader, cert, key);
  if (certificate === undefined) {
    return undefined;
  }
  if (range.minVersion !== undefined && range.maxVersion !== undefined && range.minVersion <= range.maxVersion) {
    check(section, context, curves);
  }
  const allowedSans = section.keys.includes('client_allowed_sans') ? section.texts('client_allowed_sans') : undefined;
  return { context, clientAuth, allowedSans, expires: Date.parse(certificate.validTo) / 1000 };
}

/** Lets OpenSSL judge what only it can: curves that this build has, and keys that are too short. */
function check(section: ConfigSection, context: SecureContextOptions, curves: readonly string[]): void {
  for (const curve of curves) {
    try {
      createSecureContext({ ecdhCurve: curve });
    } catch {
      section.problem('curve_preferences', `OpenSSL ${process.versions.openssl} does not have ${curve}`);
    }
  }
  try {
    createSecureContext({ ...context, ecdhCurve: 'auto' });
  } catch (error) {
    section.problem('cert_file', `cannot be used: ${reason(error)}`);
  }
}
