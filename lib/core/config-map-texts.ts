import { createHash } from 'node:crypto';
import type { SecretOrConfigMap, ConfigMapTexts as Texts } from '../model/operator-http-client';

/** Texts that custom resources take only by reference, gathered for one ConfigMap. */
export class ConfigMapTexts implements Texts {
  private readonly texts = new Map<string, string>();

  /** @param name of the ConfigMap. */
  public constructor(public readonly name: string) {}

  public reference(text: string): SecretOrConfigMap {
    const key = keyOf(text);
    this.texts.set(key, text);
    return { configMap: { name: this.name, key } };
  }

  /** The data of the ConfigMap; undefined where nothing refers to it. */
  public get data(): Readonly<Record<string, string>> | undefined {
    return this.texts.size === 0 ? undefined : Object.fromEntries([...this.texts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

/** A key that reads like the text; what had to be changed for that gets a mark of its own. */
function keyOf(text: string): string {
  const key = text.replace(/[^A-Za-z0-9_.-]/g, '-').slice(0, 200);
  return key === text && key !== '' ? key : `${key}-${createHash('sha256').update(text).digest('hex').slice(0, 8)}`;
}
