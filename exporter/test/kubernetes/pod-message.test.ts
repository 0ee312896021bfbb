import { expect, it } from 'vitest';
import { decodePod } from '../../src/kubernetes/pod-message.js';

const ID = '0123456789abcdef'.repeat(4);

/**
 * A pod as Kubernetes' own code marshals it: `Pod.Marshal()` of k8s.io/api v0.36.0 with fields of all kinds set (owner
 * references, managed fields, quantities, conditions, times, states of containers), in base64.
 */
const MARSHALLED =
  'CocCCgd0cmFpbi0wEgZ0cmFpbi0aAm1sIgAqJDlkMGE0YTdlLTAwMDAtNDAwMC04MDAwLTAwMDAwMDAwMDAwMTICNzc4A0IICIDiz6oGEABaDA' +
  'oDYXBwEgV0cmFpbloeChBleGFtcGxlLmNvbS90ZWFtEgp6YcW8w7PFgsSHYj0KGWt1YmVybmV0ZXMuaW8vY29uZmlnLmhhc2gSIDRkMWIwZjNj' +
  'N2E1ZTRiNmY4YTljMGQxZTJmM2E0YjVjYgkKBG5vdGUSAW5qIAoLU3RhdGVmdWxTZXQaBXRyYWluIgF1KgdhcHBzL3YxigEdCgdrdWJlbGV0Eg' +
  'ZVcGRhdGUaADIAOgQKAnt9QgASWhI2CgZ3b3JrZXISAWkqAEIXChUKDm52aWRpYS5jb20vZ3B1EgMKATFqAHIAgAEAiAEAkAEAogEAGgAyAEIA' +
  'SgBSBm5vZGUtYVgAYABoAIIBAIoBAJoBAMIBABroAgoHUnVubmluZxIfCgVSZWFkeRIEVHJ1ZRoAIggIgOLPqgYQACoAMgA4ABoAIgAqCDEwLj' +
  'AuMC4xMggxMC4xLjAuMToICIDiz6oGEABChAEKBndvcmtlchIMEgoKCAiA4s+qBhAAGgAgASgCMgFpOghzaGEyNTY6eEJNY29udGFpbmVyZDov' +
  'LzAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWZSCgoDY3B1EgMKATJKCkd1YX' +
  'JhbnRlZWRSXQoFc2V0dXASABoAIAAoADIAOgBCSGNyaS1vOi8vZjEyMzQ1Njc4OWFiY2RlZmYxMjM0NTY3ODlhYmNkZWZmMTIzNDU2Nzg5YWJj' +
  'ZGVmZjEyMzQ1Njc4OWFiY2RlZloAYgoKCDEwLjEuMC4xahUKBWRlYnVnEgAaACAAKAAyADoAQgByAIgBAw==';

it('decodes what Kubernetes itself marshals', () => {
  expect(decodePod(Buffer.from(MARSHALLED, 'base64'))).toEqual({
    namespace: 'ml',
    name: 'train-0',
    uid: '9d0a4a7e-0000-4000-8000-000000000001',
    phase: 'Running',
    configHash: '4d1b0f3c7a5e4b6f8a9c0d1e2f3a4b5c',
    labels: { app: 'train', 'example.com/team': 'zażółć' },
    containers: [{ name: 'worker', id: ID }, { name: 'setup', id: ID.replaceAll('0', 'f') }, { name: 'debug' }],
  });
});

it('refuses a pod that was cut short, wherever that is', () => {
  const whole = Buffer.from(MARSHALLED, 'base64');
  const decoded = JSON.stringify(decodePod(whole));
  for (let length = 1; length < whole.length; length++) {
    let cut: string | undefined;
    try {
      cut = JSON.stringify(decodePod(whole.subarray(0, length)));
    } catch (error) {
      expect(error).toBeInstanceOf(Error);
    }
    // Only between two fields of the pod itself is a shorter one whole, and then a part of it is missing.
    expect(cut).not.toBe(decoded);
  }
});
