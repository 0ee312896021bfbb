const QUANTITY = /^([+-]?(?:\d+\.?\d*|\.\d+))(|n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?\d+)$/;

const DECIMAL_EXPONENTS: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};

const BINARY_POWERS: Readonly<Record<string, number>> = { Ki: 1, Mi: 2, Gi: 3, Ti: 4, Pi: 5, Ei: 6 };

/**
 * Reads an amount of CPU, memory or storage as Kubernetes does: `100m`, `1.5`, `400Mi`, `2G`, `1e3`.
 *
 * @returns cores, bytes or whatever is counted, or undefined when the text is no quantity.
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
export function parseQuantity(text: string): number | undefined {
  const match = QUANTITY.exec(text);
  if (match === null) {
    return undefined;
  }
  const [, number = '', suffix = ''] = match;
  const power = BINARY_POWERS[suffix];
  if (power !== undefined) {
    return Number(number) * 1024 ** power;
  }
  const exponent = DECIMAL_EXPONENTS[suffix];
  return Number(exponent === undefined ? number + suffix : `${number}e${exponent}`);
}

/** The message for a text that is no Kubernetes quantity, or undefined when it is one. */
export function checkQuantity(text: string): string | undefined {
  return parseQuantity(text) === undefined
    ? `"${text}" is not a quantity. Allowed: a number, alone or with one of m, k, M, G, T, P, E (base 1000) or ` +
        'Ki, Mi, Gi, Ti, Pi, Ei (base 1024), such as 100m, 1.5 or 400Mi'
    : undefined;
}
