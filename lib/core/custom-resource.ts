import type { OptionalJsonKeys, RequiredJsonKeys } from '../../imports/json-keys';

/** The class that `cdk8s import` writes for a field that takes a number or a text. */
interface NumberOrText {
  readonly value: number | string;
}

/** Of two lists of names, those that are in one of them only; `never` where the lists are the same. */
type Difference<A, B> = Exclude<A, B> | Exclude<B, A>;

/** Whether a type is a class for numbers or texts, and no interface that happens to have a `value`. */
type IsNumberOrText<T> = T extends NumberOrText
  ? [Difference<keyof T, 'value'> | Difference<T['value'], number | string>] extends [never]
    ? true
    : false
  : false;

/** The key in JSON behind a property that `cdk8s import` may have renamed. */
type JsonKey<T, K extends keyof T> =
  Partial<Pick<T, K>> extends Pick<T, K>
    ? K extends keyof OptionalJsonKeys
      ? OptionalJsonKeys[K]
      : K
    : K extends keyof RequiredJsonKeys
      ? RequiredJsonKeys[K]
      : K;

type RawObject<T> = { [K in keyof T as JsonKey<T, K>]: Raw<T[K]> };

/**
 * A type of `imports/` as the plain JSON that goes to the API server: the keys of the custom resource (`enableHTTP2`,
 * where the import says `enableHttp2`), literals for enums, `number | string` for the classes of numbers or texts, and
 * text for dates. What is optional or required there is so here.
 *
 * Internal renderers declare their results with it, by `import type`: the compiler checks every field, and nothing of
 * the imports is loaded at run time. It does not see a misspelt field in a spread (`...(a && { b })`); the schemas in
 * the tests do. Nor can it know the right spelling of the few keys that upstream spells in two ways (`proxyUrl`,
 * `proxyURL`): it allows both.
 */
export type Raw<T> = 0 extends 1 & T
  ? unknown
  : T extends string
    ? `${T}`
    : T extends number | boolean | null | undefined
      ? T
      : T extends Date
        ? string
        : IsNumberOrText<T> extends true
          ? number | string
          : T extends readonly (infer Item)[]
            ? readonly Raw<Item>[]
            : RawObject<T>;
