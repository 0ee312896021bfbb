import { X509Certificate } from 'node:crypto';
import { expect, it } from 'vitest';
import { alternativeNames } from '../../src/server/client-certificate.js';
import { Authority } from './certificates.js';

it('reads every kind of name, and takes no name out of the middle of another', () => {
  const { cert } = new Authority().issue({
    name: 'client',
    names: [
      'DNS:prometheus.monitoring',
      'IP:10.0.0.7',
      'IP:fd00::7',
      'URI:spiffe://cluster.local/ns/monitoring',
      'email:sre@example.com',
      'DNS:one, DNS:evil.example.com',
      'URI:x", DNS:worse.example.com',
    ],
  });
  expect(alternativeNames(new X509Certificate(cert))).toEqual([
    'prometheus.monitoring',
    '10.0.0.7',
    'fd00::7',
    'spiffe://cluster.local/ns/monitoring',
    'sre@example.com',
    'one, DNS:evil.example.com',
    'x", DNS:worse.example.com',
  ]);
});

it('verifies by its authority and by no other', () => {
  const authority = new Authority();
  const certificate = new X509Certificate(authority.issue({ name: 'server' }).cert);
  expect(certificate.verify(new X509Certificate(authority.cert).publicKey)).toBe(true);
  expect(certificate.verify(new X509Certificate(new Authority().cert).publicKey)).toBe(false);
});
