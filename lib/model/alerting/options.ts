import { type HttpClientConfig, renderHttpClient, renderTls, type TlsConfig } from '../http-client';
import { ConfigMapKey, type FileResolver, SecretKey } from '../references';
import { goDuration } from './go-duration';

/** Which options are not rendered by the common law. */
export interface RenderingExceptions {
  /** Maps and trees whose keys are the user's own. @default - none */
  readonly verbatim?: readonly string[];
  /** Durations that Alertmanager reads as Go does. @default - none */
  readonly goDurations?: readonly string[];
}

/**
 * Renders options in Alertmanager's spelling, by one law for all integrations.
 *
 * `camelCase` becomes `snake_case`; a key of a Secret becomes the path of a file under `<name>_file`; `http` and `tls`
 * become `http_config` and `tls_config`.
 */
export function renderOptions(
  options: object,
  files: FileResolver,
  exceptions: RenderingExceptions = {},
): Record<string, unknown> {
  const { verbatim = [], goDurations = [] } = exceptions;
  return Object.fromEntries(
    Object.entries(options).flatMap(([name, value]): [string, unknown][] => {
      const key = snakeCase(name);
      if (value === undefined) {
        return [];
      }
      if (value instanceof SecretKey || value instanceof ConfigMapKey) {
        return [[`${key}_file`, files.path(value)]];
      }
      if (name === 'http') {
        return [['http_config', renderHttpClient(value as HttpClientConfig, files)]];
      }
      if (name === 'tls' || name === 'smtpTls') {
        return [[`${key}_config`, renderTls(value as TlsConfig, files)]];
      }
      if (goDurations.includes(name)) {
        return [[key, goDuration(String(value))]];
      }
      return [[key, verbatim.includes(name) ? value : renderValue(value, files, exceptions)]];
    }),
  );
}

function renderValue(value: unknown, files: FileResolver, exceptions: RenderingExceptions): unknown {
  if (Array.isArray(value)) {
    return value.map((each) => renderValue(each, files, exceptions));
  }
  return typeof value === 'object' && value !== null ? renderOptions(value, files, exceptions) : value;
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Every text in options that may be a template, with the property that holds it. */
export function textsOf(
  value: unknown,
  property = '',
): readonly { readonly property: string; readonly text: string }[] {
  if (typeof value === 'string') {
    return [{ property, text: value }];
  }
  if (typeof value !== 'object' || value === null || value instanceof SecretKey) {
    return [];
  }
  return Object.entries(value).flatMap(([name, inner]) =>
    textsOf(inner, Array.isArray(value) ? `${property}[${name}]` : property === '' ? name : `${property}.${name}`),
  );
}
