import { describe, expect, it } from 'vitest';
import {
  checkTimeInterval,
  type NamedTimeInterval,
  renderTimeInterval,
  type TimeInterval,
} from '../../../lib/model/alerting/time-interval';
import { Problems } from '../../../lib/model/problem';

const COMPLETE: Required<TimeInterval> = {
  times: [{ startTime: '09:00', endTime: '24:00' }],
  weekdays: ['monday:friday', 'sunday'],
  daysOfMonth: [1, '5:10', '-3:-1', '1:-1'],
  months: ['january', 'may:august', 12],
  years: [2026, '2027:2030'],
  location: 'Europe/Berlin',
};

function problemsOf(interval: NamedTimeInterval): readonly string[] {
  const problems = Problems.at('');
  checkTimeInterval(interval, problems);
  return problems.all.map(({ property, message }) => `${property}: ${message}`);
}

it('renders every field in the spelling of Alertmanager', () => {
  expect(renderTimeInterval({ name: 'n', timeIntervals: [COMPLETE] })).toEqual({
    name: 'n',
    time_intervals: [
      {
        times: [{ start_time: '09:00', end_time: '24:00' }],
        weekdays: ['monday:friday', 'sunday'],
        days_of_month: ['1', '5:10', '-3:-1', '1:-1'],
        months: ['january', 'may:august', '12'],
        years: ['2026', '2027:2030'],
        location: 'Europe/Berlin',
      },
    ],
  });
  expect(problemsOf({ name: 'n', timeIntervals: [COMPLETE] })).toEqual([]);
});

describe('the check of a time interval', () => {
  it.each<[TimeInterval, string]>([
    [{ times: [{ startTime: '9:00', endTime: '17:00' }] }, 'times: "9:00" to "17:00" received. Allowed: HH:MM'],
    [{ times: [{ startTime: '22:00', endTime: '06:00' }] }, 'times: "22:00" to "06:00" ends before it begins.'],
    [{ weekdays: ['saturday:sunday'] }, 'weekdays: "saturday:sunday" received.'],
    [{ daysOfMonth: [0] }, 'daysOfMonth: "0" received. Allowed: 1 to 31, -31 to -1'],
    [{ daysOfMonth: ['10:5'] }, 'daysOfMonth: "10:5" received.'],
    [{ daysOfMonth: ['-1:5'] }, 'daysOfMonth: "-1:5" received.'],
    [{ daysOfMonth: ['1:2:3'] }, 'daysOfMonth: "1:2:3" received.'],
    [{ months: ['jan'] }, 'months: "jan" received.'],
    [{ months: [13] }, 'months: "13" received.'],
    [{ months: ['december:january'] }, 'months: "december:january" received.'],
    [{ years: ['2028:2026'] }, 'years: "2028:2026" received.'],
    [{ location: 'Berlin' }, 'location: "Berlin" is not a time zone.'],
    [{ location: '+01:00' }, 'location: "+01:00" is not a time zone.'],
  ])('reports %j', (interval, message) => {
    expect(problemsOf({ name: 'n', timeIntervals: [interval] })).toEqual([
      expect.stringContaining(`timeIntervals[0].${message}`),
    ]);
  });

  it('asks for a name', () => {
    expect(problemsOf({ name: '', timeIntervals: [] })).toEqual(['name: A time interval needs a name.']);
  });
});
