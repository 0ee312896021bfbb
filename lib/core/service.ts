import { k8s } from './k8s';

/** A port of a Service that leads to the container port of the same name. */
export function servicePort(name: string, port: number): k8s.ServicePort {
  return { name, port, targetPort: k8s.IntOrString.fromString(name) };
}

/** A probe by HTTP on a named port. */
export function httpProbe(
  path: string,
  port: string,
  options: { readonly periodSeconds: number; readonly failureThreshold: number; readonly scheme?: 'HTTP' | 'HTTPS' },
): k8s.Probe {
  const { scheme, ...timing } = options;
  return { httpGet: { path, port: k8s.IntOrString.fromString(port), scheme }, timeoutSeconds: 3, ...timing };
}
