import type { Manifest } from '../synthesis';

/** API groups under k8s.io that every API server has; others there, such as the Gateway API, are CRDs as well. */
const BUILT_IN = [
  'admissionregistration',
  'apiextensions',
  'apiregistration',
  'authentication',
  'authorization',
  'certificates',
  'coordination',
  'discovery',
  'events',
  'flowcontrol.apiserver',
  'networking',
  'node',
  'rbac.authorization',
  'resource',
  'scheduling',
  'storage',
].map((group) => `${group}.k8s.io`);

/** Whether the kind of an object exists only by a CRD. */
export function isCustomResource({ apiVersion }: Manifest): boolean {
  const [group = ''] = apiVersion.split('/');
  return group.includes('.') && !BUILT_IN.includes(group);
}
