import type { k8s } from '../core/k8s';
import type { ConfigMapKey, SecretKey } from '../model/references';

/**
 * Environment variables by which provisioning files read Secrets.
 *
 * Grafana expands what `$__file{…}` yields once more, which cuts a password at its first `$`; the value of a variable
 * is taken as it is.
 *
 * @see https://github.com/grafana/grafana/issues/130055
 */
export class SecretEnvironment {
  private readonly variables = new Map<string, SecretKey | ConfigMapKey>();

  /** Reads a key under a name of one's own, and answers how a provisioning file refers to it. */
  public reference(wanted: string, key: SecretKey | ConfigMapKey): string {
    const base = `PROVISIONED_${wanted.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}`;
    let name = base;
    for (let count = 2; this.variables.has(name); count++) {
      name = `${base}_${count}`;
    }
    this.variables.set(name, key);
    return `$${name}`;
  }

  /** The variables of the container, in the order in which they were asked for. */
  public toEnv(): k8s.EnvVar[] {
    return [...this.variables].map(([name, source]) => ({
      name,
      valueFrom:
        source.kind === 'Secret'
          ? { secretKeyRef: { name: source.name, key: source.key } }
          : { configMapKeyRef: { name: source.name, key: source.key } },
    }));
  }
}
