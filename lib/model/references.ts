/**
 * One key of a Secret that exists in the cluster.
 *
 * Secrets are only ever referred to: no value of one is written to the output.
 */
export class SecretKey {
  /**
   * Refers to a key of a Secret in the namespace of the component that reads it.
   *
   * @example SecretKey.of('pagerduty', 'routing-key')
   */
  public static of(secret: string, key: string): SecretKey {
    return new SecretKey(secret, key);
  }

  /** Tells a reference to a Secret from one to a ConfigMap. */
  public readonly kind = 'Secret';

  private constructor(
    /** Name of the Secret. */
    public readonly name: string,
    /** Key within the Secret. */
    public readonly key: string,
  ) {}
}

/** One key of a ConfigMap that exists in the cluster. */
export class ConfigMapKey {
  /**
   * Refers to a key of a ConfigMap in the namespace of the component that reads it.
   *
   * @example ConfigMapKey.of('internal-ca', 'ca.crt')
   */
  public static of(configMap: string, key: string): ConfigMapKey {
    return new ConfigMapKey(configMap, key);
  }

  /** Tells a reference to a ConfigMap from one to a Secret. */
  public readonly kind = 'ConfigMap';

  private constructor(
    /** Name of the ConfigMap. */
    public readonly name: string,
    /** Key within the ConfigMap. */
    public readonly key: string,
  ) {}
}

/** A Secret that exists in the cluster, as a whole, such as one of type `kubernetes.io/tls`. */
export class SecretName {
  /** Refers to a Secret in the namespace of the component that reads it. */
  public static of(secret: string): SecretName {
    return new SecretName(secret);
  }

  private constructor(
    /** Name of the Secret. */
    public readonly name: string,
  ) {}
}

/**
 * Answers under which path the container will find a key.
 *
 * Rendering code asks for paths; the component that renders mounts what was asked for.
 */
export interface FileResolver {
  /** The path of the file that holds the value. */
  path(key: SecretKey | ConfigMapKey): string;
}
