import { describe, expect, it } from 'vitest';
import { didYouMean, nearest } from '../../lib/model/suggest';

describe('nearest', () => {
  it.each([
    ['ratee', ['rad', 'rate', 'irate'], 'rate'],
    ['rat', ['rad', 'rate'], 'rate'],
    ['namepsace', ['node', 'namespace'], 'namespace'],
    ['GPU_temp', ['gpu_temp'], 'gpu_temp'],
    ['up', ['cp', 'us'], 'us'],
    ['histogram_quantil', ['histogram_quantile', 'histogram_quantiles'], 'histogram_quantile'],
  ])('finds for %j in %j: %j', (name, candidates, expected) => {
    expect(nearest(name, candidates)).toBe(expected);
  });

  it.each([
    ['rate', ['rate', 'irate']],
    ['temperature', ['pressure', 'humidity']],
    ['abc', ['xyz']],
    ['anything', []],
  ])('finds nothing for %j in %j', (name, candidates) => {
    expect(nearest(name, candidates)).toBeUndefined();
  });
});

describe('didYouMean', () => {
  it('is a sentence to append, or nothing', () => {
    expect(didYouMean('grafna', ['grafana'])).toBe(' Did you mean "grafana"?');
    expect(didYouMean('x', ['grafana'])).toBe('');
  });
});
