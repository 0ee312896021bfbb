import { parseDuration } from '../../duration';
import { type HttpClientConfig, type TlsConfig, urlProblem } from '../../http-client';
import {
  type ConfigMapTexts,
  literalUsernameProblem,
  renderOperatorHttpClient,
  renderOperatorTls,
  secretKeySelector,
  tlsUsesFiles,
  usesFiles,
} from '../../operator-http-client';
import type { Problems } from '../../problem';
import type { SecretKey } from '../../references';
import { textsOf } from '../options';

/** What options are written with. */
export interface FieldContext {
  /** Takes what the custom resource cannot say. */
  readonly problems: Problems;
  /** Takes texts that the custom resource has only by reference. */
  readonly texts: ConfigMapTexts;
}

/** Writes one option as fields of the custom resource; what does not fit is reported. */
export type OptionField<V> = (value: V, property: string, context: FieldContext) => Record<string, unknown>;

/** How every option of an integration is written; none can be forgotten. */
export type OptionFields<O> = { readonly [K in keyof O]-?: OptionField<NonNullable<O[K]>> };

/** A value as it is; an empty text anywhere in it is reported, as the API server refuses it or the operator drops it. */
export function same<V>(name: string): OptionField<V> {
  return (value, property, { problems }) => {
    for (const { property: where, text } of textsOf(value, property)) {
      if (text === '') {
        problems.add(
          where,
          '"" received, which an AlertmanagerConfig cannot hand on. Leave it out, or write {{ "" }}.',
        );
      }
    }
    // An empty list is Alertmanager's default, and refused by the API server.
    return Array.isArray(value) && value.length === 0 ? {} : { [name]: value };
  };
}

/** A value as it is, which may be empty. */
export function exact<V>(name: string): OptionField<V> {
  return (value) => ({ [name]: value });
}

/** A key of a Secret. */
export function secret(name: string): OptionField<SecretKey> {
  return (value) => ({ [name]: secretKeySelector(value) });
}

/** An address that the custom resource takes only as such, never as a template. */
export function address(name: string): OptionField<string> {
  return (value, property, { problems }) => {
    if (!/^https?:\/\/.+$/.test(value)) {
      problems.add(property, `"${value}" received. Allowed in an AlertmanagerConfig: an http or https URL.`);
    }
    return { [name]: value };
  };
}

/** An address that may be a template; the operator refuses every other text. */
export function link(name: string): OptionField<string> {
  return (value, property, context) => {
    context.problems.addIf(property, linkProblem(value));
    return { [name]: value };
  };
}

/** The message for a text that the operator does not take for an address. */
export function linkProblem(text: string): string | undefined {
  return text === '' || text.includes('{{') ? undefined : urlProblem(text);
}

const DAY = 24 * 3_600_000;

/** A duration of less than a day; the operator writes a longer one in days, which Alertmanager cannot read there. */
export function duration(name: string): OptionField<string> {
  return (value, property, { problems }) => {
    if ((parseDuration(value) ?? 0) >= DAY) {
      problems.add(
        property,
        `"${value}" received, which the operator would write in days, and Alertmanager could not read it. Allowed: less than a day.`,
      );
    }
    return { [name]: value };
  };
}

/** A map as a list of keys and values; the values must be texts. */
export function keyValues(name: string): OptionField<Readonly<Record<string, unknown>>> {
  return (map, property, { problems }) => {
    const written = Object.entries(map).flatMap(([key, value]) => {
      if (typeof value === 'string' && key !== '') {
        return [{ key, value }];
      }
      const received = `"${key}: ${JSON.stringify(value)}" received`;
      problems.add(property, `${received}. Allowed in an AlertmanagerConfig: a key that is not empty, and a text.`);
      return [];
    });
    return { [name]: written };
  };
}

/** How requests are made. */
const http: OptionField<HttpClientConfig> = (value, property, { problems, texts }) => {
  problems.addIf(`${property}.basicAuth.username`, literalUsernameProblem(value));
  if (usesFiles(value)) {
    problems.add(property, FILES);
  }
  if (value.oauth2?.tls !== undefined) {
    problems.add(`${property}.oauth2.tls`, 'The operator does not hand it on. Leave it out.');
  }
  if (value.proxyFromEnvironment && value.proxyUrl !== undefined) {
    problems.add(`${property}.proxyUrl`, 'The operator refuses it beside proxyFromEnvironment. Leave one of them out.');
  }
  return { httpConfig: { ...renderOperatorHttpClient(value, texts), enableHttp2: value.enableHttp2 } };
};

/** TLS towards a mail server. */
export const tls: OptionField<TlsConfig> = (value, property, { problems }) => {
  if (tlsUsesFiles(value)) {
    problems.add(property, FILES);
  }
  return { tlsConfig: renderOperatorTls(value) };
};

const FILES =
  'A file of the container was received, which an AlertmanagerConfig cannot refer to. ' +
  'Allowed: SecretKey.of(secret, key), or ConfigMapKey.of(configMap, key) for certificates.';

/** An option that does not reach Alertmanager by this way. @param message why, and what to do instead. */
export function unusable(message: string): OptionField<unknown> {
  return (value, property, { problems }) => {
    if (!(Array.isArray(value) && value.length === 0)) {
      problems.add(property, message);
    }
    return {};
  };
}

/** An option that the custom resource lacks. @param wayOut what to do instead. */
export function missing(wayOut: string): OptionField<unknown> {
  return unusable(`An AlertmanagerConfig has no field for it. ${wayOut}`);
}

/** What every integration that speaks HTTP can be told. */
export const notifier = { sendResolved: exact<boolean>('sendResolved'), http };
