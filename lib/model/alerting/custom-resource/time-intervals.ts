import type { Problems } from '../../problem';
import type { NamedTimeInterval, TimeInterval } from '../time-interval';

/** Renders an entry of `muteTimeIntervals`; the custom resource knows them under this name only. */
export function renderTimeIntervalField(interval: NamedTimeInterval, problems: Problems): Record<string, unknown> {
  return {
    name: interval.name,
    timeIntervals: interval.timeIntervals.map((each, index) => renderEach(each, `timeIntervals[${index}]`, problems)),
  };
}

function renderEach(interval: TimeInterval, at: string, problems: Problems): Record<string, unknown> {
  const { times, weekdays, daysOfMonth, months, years, location } = interval;
  if (location !== undefined && location !== 'UTC') {
    problems.add(
      `${at}.location`,
      `"${location}" received, but an AlertmanagerConfig knows UTC only. Write the times in UTC, and leave it out.`,
    );
  }
  for (const year of years ?? []) {
    if (!/^2\d{3}(:2\d{3})?$/.test(String(year))) {
      problems.add(
        `${at}.years`,
        `"${year}" received. Allowed in an AlertmanagerConfig: 2000 to 2999, and spans of them.`,
      );
    }
  }
  return {
    times: times?.map(({ startTime, endTime }) => ({ startTime, endTime })),
    weekdays: weekdays?.map(plain),
    daysOfMonth: daysOfMonth?.map(dayRange),
    months: months?.map(plain),
    years: years?.map(plain),
  };
}

/** Lower case, and numbers without leading zeros, as the API server wants them. */
function plain(span: string | number): string {
  const part = (text: string) => (/^\d+$/.test(text) ? String(Number(text)) : text.toLowerCase());
  return String(span).split(':').map(part).join(':');
}

function dayRange(span: string | number): Record<string, number> {
  const [start = 0, end = start] = String(span).split(':').map(Number);
  return { start, end };
}
