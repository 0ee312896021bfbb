import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { TlsConfig } from './tls-config.js';

/** One spelling for each IP address, as Go compares them. */
function canonical(name: string): string {
  return isIP(name) === 6 ? new URL(`http://[${name}]`).hostname.slice(1, -1) : name;
}

/** One alternative name: its kind, and its value in quotes of JSON where it has characters that could deceive. */
const NAME = /(?:^|, )(DNS|email|URI|IP Address):("(?:[^"\\]|\\.)*"|[^,]*)/g;

/** Names of a certificate: of hosts, mailboxes, addresses and services. */
export function alternativeNames(certificate: X509Certificate): readonly string[] {
  const found = [...(certificate.subjectAltName ?? '').matchAll(NAME)];
  return found.map(([, , value = '']) => canonical(value.startsWith('"') ? (JSON.parse(value) as string) : value));
}

/**
 * Says why a client is refused for its certificate, or undefined where it is not.
 *
 * This is asked per request and not in the handshake, for two reasons: the probes of the kubelet, which has no
 * certificate, get an answer; and who comes without a valid certificate reads why.
 */
export function refusalOf(socket: TLSSocket, { clientAuth, allowedSans }: TlsConfig): string | undefined {
  if (clientAuth === 'NoClientCert' || clientAuth === 'RequestClientCert') {
    return undefined;
  }
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) {
    return clientAuth === 'VerifyClientCertIfGiven' ? undefined : 'a client certificate is required';
  }
  if (clientAuth !== 'RequireAnyClientCert' && !socket.authorized) {
    return 'the client certificate is not valid';
  }
  if (allowedSans !== undefined) {
    const allowed = new Set(allowedSans.map(canonical));
    if (!alternativeNames(certificate).some((name) => allowed.has(name))) {
      return 'the client certificate has none of the allowed names';
    }
  }
  return undefined;
}
