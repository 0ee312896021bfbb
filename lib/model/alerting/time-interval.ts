import type { Problems } from '../problem';

/** A day of the week. */
export type Weekday = 'sunday' | 'monday' | 'tuesday' | 'wednesday' | 'thursday' | 'friday' | 'saturday';

/** A span of a day: from `09:00` up to, not including, `17:00`; `24:00` is the end of the day. */
export interface TimeRange {
  readonly startTime: string;
  readonly endTime: string;
}

/**
 * A time at which every field that is set holds; within a field any entry does.
 *
 * @see https://prometheus.io/docs/alerting/latest/configuration/#time_interval
 */
export interface TimeInterval {
  /** @default - all day */
  readonly times?: readonly TimeRange[];
  /** Days, or spans such as `monday:friday`; a week begins on Sunday. @default - every day */
  readonly weekdays?: readonly (Weekday | `${Weekday}:${Weekday}`)[];
  /** Days or spans of days, such as `1:5`; negative ones count from the end: `-3:-1`. @default - every day */
  readonly daysOfMonth?: readonly (string | number)[];
  /** Months by name or number, or spans, such as `may:august`. @default - every month */
  readonly months?: readonly (string | number)[];
  /** Years, or spans such as `2026:2028`. @default - every year */
  readonly years?: readonly (string | number)[];
  /** Time zone of the IANA database, such as `Europe/Berlin`. @default UTC */
  readonly location?: string;
}

/**
 * Times under a name, by which routes are muted or active.
 *
 * @example { name: 'nights', timeIntervals: [{ times: [{ startTime: '00:00', endTime: '06:00' }] }] }
 */
export interface NamedTimeInterval {
  /** Unique among the time intervals. */
  readonly name: string;
  /** Any of them. */
  readonly timeIntervals: readonly TimeInterval[];
}

/** Names that need no definition; a definition of the same name takes their place. */
export const WELL_KNOWN_TIME_INTERVALS: readonly NamedTimeInterval[] = [
  { name: 'weekends', timeIntervals: [{ weekdays: ['saturday', 'sunday'] }] },
];

/** Renders an entry of `time_intervals`. */
export function renderTimeInterval({ name, timeIntervals }: NamedTimeInterval): Record<string, unknown> {
  return {
    name,
    time_intervals: timeIntervals.map(({ times, weekdays, daysOfMonth, months, years, location }) => ({
      times: times?.map(({ startTime, endTime }) => ({ start_time: startTime, end_time: endTime })),
      weekdays,
      days_of_month: daysOfMonth?.map(String),
      months: months?.map(String),
      years: years?.map(String),
      location,
    })),
  };
}

/** Checks a time interval as Alertmanager would when it loads it. */
export function checkTimeInterval(interval: NamedTimeInterval, problems: Problems): void {
  if (interval.name === '') {
    problems.add('name', 'A time interval needs a name.');
  }
  for (const [index, each] of interval.timeIntervals.entries()) {
    const at = `timeIntervals[${index}]`;
    for (const { startTime, endTime } of each.times ?? []) {
      problems.addIf(`${at}.times`, timesProblem(startTime, endTime));
    }
    for (const { property, values, read, allowed } of ranges(each)) {
      for (const value of values) {
        problems.addIf(`${at}.${property}`, rangeProblem(String(value), read, allowed));
      }
    }
    for (const value of each.daysOfMonth ?? []) {
      problems.addIf(`${at}.daysOfMonth`, dayProblem(String(value)));
    }
    problems.addIf(`${at}.location`, each.location === undefined ? undefined : locationProblem(each.location));
  }
}

const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const MONTHS = 'january february march april may june july august september october november december'.split(' ');
const TIME = /^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/;

function ranges({ weekdays = [], months = [], years = [] }: TimeInterval) {
  const month = (text: string) => (/^\d+$/.test(text) ? Number(text) : MONTHS.indexOf(text) + 1);
  return [
    {
      property: 'weekdays',
      values: weekdays,
      read: (text: string) => WEEKDAYS.indexOf(text) + 1,
      allowed: `${WEEKDAYS.join(', ')}, or a span such as monday:friday; a week begins on Sunday`,
    },
    {
      property: 'months',
      values: months,
      read: (text: string) => (month(text) <= 12 ? month(text) : 0),
      allowed: 'january to december, 1 to 12, or a span such as may:august',
    },
    {
      property: 'years',
      values: years,
      read: (text: string) => (/^\d+$/.test(text) ? Number(text) : 0),
      allowed: 'a year, or a span such as 2026:2028',
    },
  ];
}

function timesProblem(start: string, end: string): string | undefined {
  if (!TIME.test(start) || !TIME.test(end)) {
    return `"${start}" to "${end}" received. Allowed: HH:MM from 00:00 to 24:00.`;
  }
  return start < end
    ? undefined
    : `"${start}" to "${end}" ends before it begins. Allowed: one day; write a night as two ranges, up to 24:00 and from 00:00.`;
}

function rangeProblem(text: string, read: (text: string) => number, allowed: string): string | undefined {
  const [begin = 0, end = begin, ...rest] = text.toLowerCase().split(':').map(read);
  return rest.length === 0 && begin > 0 && end > 0 && begin <= end
    ? undefined
    : `"${text}" received. Allowed: ${allowed}.`;
}

function dayProblem(text: string): string | undefined {
  const parts = text.split(':');
  const [begin = 0, end = begin] = parts.map((part) => (/^-?\d+$/.test(part) ? Number(part) : 0));
  const inMonth = (day: number) => day !== 0 && Math.abs(day) <= 31;
  // February is the shortest month, so this order holds in every one.
  const position = (day: number) => (day < 0 ? 28 + day : day);
  const ordered = !(begin < 0 && end > 0) && position(begin) <= position(end);
  return parts.length <= 2 && inMonth(begin) && inMonth(end) && ordered
    ? undefined
    : `"${text}" received. Allowed: 1 to 31, -31 to -1 counted from the end, or a span such as 1:5 or -3:-1.`;
}

function locationProblem(location: string): string | undefined {
  try {
    new Intl.DateTimeFormat('en', { timeZone: location });
    if (/^[A-Z]/.test(location)) {
      return undefined;
    }
  } catch {
    // The message below says what is allowed.
  }
  return `"${location}" is not a time zone. Allowed: a name of the IANA database, such as Europe/Berlin or UTC.`;
}
