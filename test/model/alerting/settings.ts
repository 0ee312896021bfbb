import { toYaml } from '../../../lib/core/yaml';
import { checkAlertmanagerConfig } from '../../../lib/model/alerting/check-configuration';
import { type AlertmanagerConfiguration, renderAlertmanagerConfig } from '../../../lib/model/alerting/configuration';
import { Receiver } from '../../../lib/model/alerting/receiver';
import { Problems } from '../../../lib/model/problem';
import type { FileResolver } from '../../../lib/model/references';

/** Answers paths that tell what was asked for. */
export const FILES: FileResolver = { path: ({ kind, name, key }) => `/${kind}/${name}/${key}` };

/** A receiver that needs no secret. */
export function webhook(name: string): Receiver {
  return Receiver.webhook(name, { url: `http://${name}.example.com/alerts` });
}

/** The configuration as an object without undefined values, as YAML would have it. */
export function rendered(config: AlertmanagerConfiguration): Record<string, unknown> {
  return JSON.parse(JSON.stringify(renderAlertmanagerConfig(config, FILES)));
}

/** The configuration as text. */
export function text(config: AlertmanagerConfiguration): string {
  return toYaml(renderAlertmanagerConfig(config, FILES));
}

/** Every problem of a configuration, one a line: `path property: message`. */
export function problemsOf(config: AlertmanagerConfiguration): readonly string[] {
  const problems = Problems.at('am');
  checkAlertmanagerConfig(config, problems);
  return problems.all.map(({ path, property, message }) => `${path} ${property}: ${message}`);
}
