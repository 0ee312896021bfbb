import type { Problems } from '../model/problem';
import { ConfigMapKey, SecretKey } from '../model/references';
import { didYouMean } from '../model/suggest';
import { MountedFiles } from './mounted-files';
import { OWN_FLAGS } from './rbac-proxy-arguments';
import { CIPHER_SUITES, type RbacProxySettings, type RbacProxyTls } from './rbac-proxy-options';
import { checkResources } from './workload';

/** The frames that HTTP/2 knows, and the window of a connection, in bytes. */
const FRAME = { smallest: 16 * 1024, largest: 2 ** 24 - 1 };
const LARGEST_WINDOW = 2 ** 31 - 1;
/** Of these HTTP/2 needs one; without it the proxy does not start. */
const HTTP2_SUITES = ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'];

/** Checks everything of the proxy that types cannot, and what arrives from JavaScript. */
export function checkRbacProxy(settings: RbacProxySettings, problems: Problems): void {
  checkWay(settings, problems);
  checkCertificate(settings.tls ?? {}, problems);
  checkProtocol(settings, problems);
  checkPaths(settings.ignorePaths ?? [], problems);
  settings.authorization?.check(problems.within('authorization'));
  checkResources(settings.resources, 'resources', problems);
  for (const arg of settings.extraArgs ?? []) {
    const flag = /^--?([a-z0-9-]+)/.exec(arg)?.[1];
    if (flag === undefined) {
      problems.add('extraArgs', `"${arg}" received. Allowed: flags, each complete in one text, such as --v=4.`);
    } else if (OWN_FLAGS.includes(flag)) {
      problems.add('extraArgs', `--${flag} follows from the other properties. Remove it.`);
    }
  }
}

function checkWay(settings: RbacProxySettings, problems: Problems): void {
  const { client } = settings.tls ?? {};
  const hasCertificate = client?.cert !== undefined && client.key !== undefined;
  if (settings.by === 'tokens') {
    if (client?.cert !== undefined || 'clientCa' in settings) {
      problems.add(
        client?.cert === undefined ? 'clientCa' : 'tls.client.cert',
        'A client certificate does not count here, where tokens do. Remove it, or use RbacProxy.withClientCertificates.',
      );
    }
    for (const audience of settings.audiences ?? []) {
      if (!/^[^\s,]+$/.test(audience)) {
        problems.add('audiences', `"${audience}" received. Allowed: a text without spaces and commas.`);
      }
    }
    if (settings.audiences?.length === 0) {
      problems.add('audiences', "The list is empty. Leave it out for the API server's own.");
    }
    return;
  }
  problems.addIf('clientCa', referenceProblem(settings.clientCa, true));
  for (const property of ['credentials', 'audiences'].filter((name) => name in settings)) {
    problems.add(
      property,
      'A token does not count here, where client certificates do. Remove it, or use RbacProxy.withTokens.',
    );
  }
  if (!hasCertificate) {
    problems.add(
      'tls.client',
      'Prometheus has no certificate to show. Set tls: { client: { cert, key } }, both in the namespace of Prometheus.',
    );
  }
}

function checkCertificate({ cert, key, client }: RbacProxyTls, problems: Problems): void {
  if ((cert === undefined) !== (key === undefined)) {
    problems.add(cert === undefined ? 'tls.cert' : 'tls.key', 'A certificate needs both cert and key.');
  }
  problems.addIf('tls.cert', cert === undefined ? undefined : referenceProblem(cert, true));
  problems.addIf('tls.key', key === undefined ? undefined : referenceProblem(key, false));
  if (cert === undefined && key === undefined && client?.insecureSkipVerify !== true) {
    problems.add(
      'tls',
      'Without a certificate kube-rbac-proxy signs one for itself, which Prometheus cannot verify. Set ' +
        'tls: { cert, key }, or say that this is meant: tls: { client: { insecureSkipVerify: true } }.',
    );
  }
}

function checkProtocol({ tls = {}, http2 = {} }: RbacProxySettings, problems: Problems): void {
  const { cipherSuites, minVersion } = tls;
  for (const suite of cipherSuites ?? []) {
    if (!CIPHER_SUITES.includes(suite)) {
      problems.add(
        'tls.cipherSuites',
        `"${suite}" received. Allowed: ${CIPHER_SUITES.join(', ')}.${didYouMean(suite, CIPHER_SUITES)}`,
      );
    }
  }
  if (cipherSuites !== undefined && minVersion === 'TLS13') {
    problems.add('tls.cipherSuites', 'The suites of TLS 1.3 cannot be chosen; remove them, or allow TLS12.');
  } else if (cipherSuites !== undefined && http2.disable !== true) {
    if (!cipherSuites.some((suite) => HTTP2_SUITES.includes(suite))) {
      problems.add('tls.cipherSuites', `HTTP/2 needs one of ${HTTP2_SUITES.join(', ')}. Add it, or disable http2.`);
    }
  }
  const { maxConcurrentStreams = 100, maxSize = 256 * 1024 } = http2;
  if (!(Number.isInteger(maxConcurrentStreams) && maxConcurrentStreams > 0)) {
    problems.add('http2.maxConcurrentStreams', `${maxConcurrentStreams} received. Allowed: a whole number, 1 or more.`);
  }
  if (!(Number.isInteger(maxSize) && maxSize >= FRAME.smallest && maxSize <= FRAME.largest)) {
    problems.add(
      'http2.maxSize',
      `${maxSize} received. Allowed: a whole number of bytes from ${FRAME.smallest} to ${FRAME.largest}.`,
    );
  }
  if (maxConcurrentStreams * maxSize > LARGEST_WINDOW) {
    problems.add(
      'http2',
      `maxConcurrentStreams × maxSize is ${maxConcurrentStreams * maxSize} bytes. Allowed: at most ${LARGEST_WINDOW}.`,
    );
  }
}

function checkPaths(paths: readonly string[], problems: Problems): void {
  for (const path of paths) {
    if (!/^\/[^\s,[\]\\]*$/.test(path)) {
      problems.add(
        'ignorePaths',
        `"${path}" received. Allowed: a path that starts with /, with * and ? for characters other than /.`,
      );
    } else if (matches(path, '/metrics')) {
      problems.add('ignorePaths', `"${path}" would open /metrics to everybody. Name only paths that hold no metrics.`);
    }
  }
}

function matches(pattern: string, path: string): boolean {
  const regex = pattern
    .replace(/[.+^${}()|]/g, '\\$&')
    .replace(/[*]/g, '[^/]*')
    .replace(/[?]/g, '[^/]');
  return new RegExp(`^${regex}$`).test(path);
}

function referenceProblem(reference: unknown, configMap: boolean): string | undefined {
  if (!(reference instanceof SecretKey || (configMap && reference instanceof ConfigMapKey))) {
    return `Only a reference is allowed: SecretKey.of(secret, key)${configMap ? ' or ConfigMapKey.of(configMap, key)' : ''}.`;
  }
  try {
    new MountedFiles('').path(reference);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
