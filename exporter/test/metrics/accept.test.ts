import { describe, expect, it } from 'vitest';
import { negotiateFormat } from '../../src/metrics/accept.js';

/** What Prometheus 3 sends. */
const PROMETHEUS =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,' +
  'text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1';

describe('the format for a client', () => {
  it.each([
    ['no header', undefined, 'text'],
    ['a browser', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text'],
    ['curl', '*/*', 'text'],
    ['Prometheus', PROMETHEUS, 'openmetrics'],
    ['OpenMetrics by name', 'application/openmetrics-text', 'openmetrics'],
    ['OpenMetrics in capitals, quoted version', 'Application/OpenMetrics-Text; Version="1.0.0"', 'openmetrics'],
    ['a version that we do not write', 'application/openmetrics-text;version=2.0.0', 'text'],
    ['text liked better', 'application/openmetrics-text;q=0.2, text/plain;q=0.9', 'text'],
    ['OpenMetrics refused', 'application/openmetrics-text;q=0', 'text'],
    ['a quality that is none', 'application/openmetrics-text;q=lots', 'text'],
    ['nothing that we have', 'image/png', 'text'],
    ['separators alone', ',;,=;;q=,', 'text'],
    ['an endless header', 'x/y,'.repeat(100_000), 'text'],
  ])('%s', (_, accept, format) => {
    expect(negotiateFormat(accept, true)).toBe(format);
  });

  it('is text where OpenMetrics is not offered', () => {
    expect(negotiateFormat(PROMETHEUS, false)).toBe('text');
  });
});
