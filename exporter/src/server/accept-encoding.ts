/**
 * Tells whether a client takes gzip, by its Accept-Encoding header.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-accept-encoding
 */
export function acceptsGzip(header: string | undefined): boolean {
  if (header === undefined || header === 'gzip') {
    return header === 'gzip';
  }
  let any = false;
  for (const part of header.split(',')) {
    const [coding = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    const quality = parameters.find((parameter) => parameter.startsWith('q='));
    const wanted = quality === undefined || Number(quality.slice(2)) > 0;
    if (coding === 'gzip' || coding === 'x-gzip') {
      return wanted;
    }
    any ||= coding === '*' && wanted;
  }
  return any;
}
