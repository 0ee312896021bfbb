import { Yaml } from 'cdk8s';

/**
 * Writes a configuration file; what is undefined is left out.
 *
 * The value is copied first: YAML would write an object that is used twice as an anchor and an alias.
 */
export function toYaml(value: unknown): string {
  return Yaml.stringify(JSON.parse(JSON.stringify(value)));
}
