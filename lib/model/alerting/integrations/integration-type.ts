import type { HttpClientConfig } from '../../http-client';
import type { Problems } from '../../problem';
import type { SecretKey } from '../../references';
import type { GlobalOptions } from '../global-options';
import type { RenderingExceptions } from '../options';

/** What every integration can be told. */
export interface NotifierOptions {
  /** Also notifies when alerts are resolved. @default - see the integration */
  readonly sendResolved?: boolean;
}

/** What every integration that speaks HTTP can be told. */
export interface HttpNotifierOptions extends NotifierOptions {
  /** How requests authenticate, encrypt and find their way. @default - as the global options say */
  readonly http?: HttpClientConfig;
}

/** Where notifications go: a URL, a port of an unknown host, a URL that only a Secret knows, or anywhere. */
export type Destination = string | number | SecretKey | typeof ANYWHERE;

/** The destination that only the container's environment knows. */
export const ANYWHERE: unique symbol = Symbol('anywhere');

/** A way to notify: how its options are rendered, checked, and whom it connects to. */
export interface IntegrationType<O> extends RenderingExceptions {
  /** Name in Alertmanager's configuration and metrics, such as `slack`. */
  readonly name: string;
  /** Options that are URLs without a password. @default - none */
  readonly urls?: readonly (keyof O & string)[];
  /** Options that are secrets; checked too, as a cast gets past the types. @default - none */
  readonly secrets?: readonly (keyof O & string)[];
  /** Where notifications go; undefined where that is missing. */
  destination(options: O, global: GlobalOptions): Destination | undefined;
  /** What types cannot say. @default - nothing */
  check?(options: O, problems: Problems, global: GlobalOptions): void;
}

/** Reports an option that neither the integration nor the global options have. */
export function requireOption(
  property: string,
  value: unknown,
  globalProperty: keyof GlobalOptions,
  global: GlobalOptions,
  problems: Problems,
): void {
  if (value === undefined && global[globalProperty] === undefined) {
    problems.add(property, `It is missing. Set it here, or ${globalProperty} in the global options.`);
  }
}

/** Reports an option that must not be empty. */
export function requireText(property: string, value: string, problems: Problems): void {
  if (value === '') {
    problems.add(property, '"" received. Allowed: a text that is not empty.');
  }
}

/** The message for a secret that stands in the code instead of in a Secret; the value is not repeated. */
export function literalSecretProblem(value: unknown): string | undefined {
  return typeof value === 'string'
    ? 'A literal secret would be written to the output. Allowed: SecretKey.of(secret, key).'
    : undefined;
}
