import { describe, expect, it } from 'vitest';
import { adviseRouting } from '../../../lib/model/alerting/check-routing';
import { Matcher } from '../../../lib/model/alerting/matcher';
import { Receiver } from '../../../lib/model/alerting/receiver';
import { routeOf } from '../../../lib/model/alerting/route-of';
import { Routing } from '../../../lib/model/alerting/routing';
import type { Labels } from '../../../lib/model/label';
import { Problems } from '../../../lib/model/problem';
import { problemsOf, rendered, webhook } from './settings';

const [chat, oncall, ml, audit] = ['chat', 'oncall', 'ml', 'audit'].map(webhook) as [
  Receiver,
  Receiver,
  Receiver,
  Receiver,
];

const receivers = (routing: Routing, labels: Labels) => routeOf({ routing }, labels).map(({ receiver }) => receiver);

describe('routeOf', () => {
  const tree = Routing.to(chat)
    .when('alertname=~".+"', audit, { continue: true })
    .when({ severity: 'critical' }, Routing.to(oncall).when({ team: 'ml' }, ml, { continue: true }))
    .when('team=~"ml|data"', ml)
    .when({ owner: '' }, { groupBy: ['owner'] });

  it.each<[Labels, string[]]>([
    [{}, ['chat']],
    [{ alertname: 'A' }, ['audit', 'chat']],
    [{ owner: 'me' }, ['chat']],
    [{ alertname: 'A', owner: 'me' }, ['audit']],
    [{ severity: 'critical' }, ['oncall']],
    [{ severity: 'critical', team: 'ml' }, ['ml']],
    [{ alertname: 'A', severity: 'critical', team: 'ml' }, ['audit', 'ml']],
    [{ team: 'data' }, ['ml']],
    [{ team: 'database' }, ['chat']],
  ])('sends %j to %j', (labels, expected) => {
    expect(receivers(tree, labels)).toEqual(expected);
  });

  it('tells the options that hold, its own before those of the routes above', () => {
    const routing = Routing.to(chat, { groupWait: '1m', labels: { a: '1', b: '1' } }).when(
      { team: 'ml' },
      Routing.to(ml, { groupBy: ['job'], repeatInterval: '1h', labels: { b: '2' } }).when(
        { severity: 'info' },
        { groupBy: ['...'] },
      ),
      { repeatInterval: '2h' },
    );
    expect(routeOf({ routing }, { team: 'ml', severity: 'info' })).toEqual([
      {
        receiver: 'ml',
        path: '{}/{team="ml"}/{severity="info"}',
        groupBy: ['...'],
        groupWait: '1m',
        groupInterval: '5m',
        repeatInterval: '2h',
        labels: { a: '1', b: '2' },
        mutedBy: [],
        activeDuring: [],
        delivers: true,
      },
    ]);
    expect(routeOf({ routing }, {})[0]).toMatchObject({ groupBy: ['alertname', 'cluster', 'namespace'], path: '{}' });
  });

  it('tells when nobody is notified', () => {
    expect(routeOf({ routing: Routing.none() }, {})).toMatchObject([{ receiver: 'none', delivers: false }]);
    const routing = Routing.to(chat).when({ severity: 'info' }, Receiver.none('nobody'));
    expect(routeOf({ routing }, { severity: 'info' })).toMatchObject([{ receiver: 'nobody', delivers: false }]);
  });

  it('knows receivers that are named by text', () => {
    expect(routeOf({ routing: Routing.to('chat'), receivers: [chat] }, {})).toMatchObject([{ delivers: true }]);
  });

  it('tells the times at which a route is silent or speaks', () => {
    const routing = Routing.to(chat).when({ a: 'b' }, ml, {
      muteTimeIntervals: ['weekends'],
      activeTimeIntervals: [{ name: 'days', timeIntervals: [] }],
    });
    expect(routeOf({ routing }, { a: 'b' })).toMatchObject([{ mutedBy: ['weekends'], activeDuring: ['days'] }]);
  });
});

describe('muteDuring', () => {
  it('silences what matches, whichever route it takes, and sends nothing elsewhere', () => {
    const plain = Routing.to(chat)
      .when('alertname="A"', audit, { continue: true })
      .when({ team: 'ml' }, Routing.to(ml).when({ severity: 'critical' }, oncall));
    const muted = plain.muteDuring('weekends', { severity: 'warning' }).muteDuring('nights', { team: 'ml' });
    for (const alertname of ['A', 'B']) {
      for (const team of ['ml', 'web']) {
        for (const severity of ['critical', 'warning']) {
          const labels = { alertname, team, severity };
          expect(receivers(muted, labels)).toEqual(receivers(plain, labels));
          const names = [severity === 'warning' ? 'weekends' : '', team === 'ml' ? 'nights' : ''].filter(Boolean);
          for (const { mutedBy } of routeOf({ routing: muted }, labels)) {
            expect([...mutedBy].sort()).toEqual(names.sort());
          }
        }
      }
    }
  });

  it('reads as a person would write it', () => {
    const routing = Routing.to(chat)
      .when({ severity: 'critical' }, oncall)
      .muteDuring('weekends', { severity: 'warning' });
    expect(rendered({ routing })).toMatchObject({
      route: {
        receiver: 'chat',
        group_by: ['alertname', 'cluster', 'namespace'],
        routes: [
          { matchers: ['severity="warning"'], mute_time_intervals: ['weekends'] },
          { matchers: ['severity="critical"'], receiver: 'oncall' },
        ],
      },
      time_intervals: [{ name: 'weekends', time_intervals: [{ weekdays: ['saturday', 'sunday'] }] }],
    });
  });

  it('keeps the times of the route itself, which Alertmanager does not hand down', () => {
    const inner = Routing.to(ml).muteDuring('weekends', { severity: 'info' });
    const routing = Routing.to(chat).when({ team: 'ml' }, inner, {
      muteTimeIntervals: ['nights'],
      activeTimeIntervals: ['term'],
    });
    expect(routeOf({ routing }, { team: 'ml', severity: 'info' })).toMatchObject([
      { mutedBy: ['nights', 'weekends'], activeDuring: ['term'] },
    ]);
  });

  it('silences everything without matchers', () => {
    expect(routeOf({ routing: Routing.to(chat).muteDuring('weekends') }, {})).toMatchObject([
      { receiver: 'chat', mutedBy: ['weekends'] },
    ]);
  });

  it('silences only once what two times of the same name cover', () => {
    const routing = Routing.to(chat).muteDuring('weekends', { a: 'b' }).muteDuring('weekends', { c: 'd' });
    expect(routeOf({ routing }, { a: 'b', c: 'd' })).toMatchObject([{ mutedBy: ['weekends'] }]);
  });
});

it('does not change a routing that others hold', () => {
  const routing = Routing.to(chat);
  routing.when({ a: 'b' }, ml);
  routing.muteDuring('weekends');
  routing.inhibit({ sourceMatchers: 'a="b"', targetMatchers: 'c="d"' });
  expect(rendered({ routing })).toEqual(rendered({ routing: Routing.to(chat) }));
});

describe('the check of a routing', () => {
  const below = 'am/route';

  it.each<[Routing, string]>([
    [Routing.to('chat'), `${below} receiver: No receiver is named "chat"; there is none.`],
    [
      Routing.to(oncall).when({ a: 'b' }, 'oncal'),
      `${below}/{a="b"} receiver: No receiver is named "oncal"; there is: oncall. Did you mean "oncall"?`,
    ],
    [
      Routing.to(chat).when({ a: 'b' }, Routing.to('chatt')),
      `${below}/{a="b"} receiver: No receiver is named "chatt"; there is: chat. Did you mean "chat"?`,
    ],
    [
      Routing.to(chat).muteDuring('weekend'),
      `${below} muteDuring: No time interval is named "weekend"; there is: weekends. Did you mean "weekends"?`,
    ],
    [
      Routing.to(chat).when({ a: 'b' }, ml, { activeTimeIntervals: ['term'] }),
      `${below}/{a="b"} activeTimeIntervals: No time interval is named "term"`,
    ],
    [Routing.to(chat, { groupWait: '30' }), `${below} groupWait: "30" is not a duration.`],
    [Routing.to(chat, { groupInterval: '0s' }), `${below} groupInterval: "0s" received. Allowed: more than 0.`],
    [Routing.to(chat, { repeatInterval: '0' }), `${below} repeatInterval: "0" received. Allowed: more than 0.`],
    [Routing.to(chat, { groupBy: ['...', 'a'] }), `${below} groupBy: "..." stands for every label.`],
    [Routing.to(chat, { groupBy: ['a', 'a'] }), `${below} groupBy: "a" is there twice.`],
    [Routing.to(chat, { groupBy: ['a-b'] }), `${below} groupBy: "a-b" is not a label name.`],
    [Routing.to(chat, { labels: { 'a-b': 'c' } }), `${below} labels: "a-b" is not a label name.`],
    [Routing.to(chat).when('severity', ml), 'matchers: "severity" is not a matcher'],
    [Routing.to(chat).muteDuring('weekends', 'x'), `${below} muteDuring: "x" is not a matcher`],
    [
      Routing.to(chat).when({ severity: 'critical' }, oncall).when({ severity: 'critical', team: 'ml' }, ml),
      `${below}/{severity="critical",team="ml"} matchers: No alert gets here: the route {severity="critical"} before it`,
    ],
    [
      Routing.to(chat).when('a=~"b|c"', oncall).when({ a: 'c' }, ml),
      `${below}/{a="c"} matchers: No alert gets here: the route {a=~"b|c"} before it takes all of them.`,
    ],
    [
      Routing.to(chat).when({}, oncall).when({ a: 'c' }, ml),
      `${below}/{a="c"} matchers: No alert gets here: the route {} before it takes all of them.`,
    ],
    [
      Routing.to(chat).when({ team: 'ml' }, Routing.to(ml).when({ team: 'web' }, oncall)),
      `${below}/{team="ml"}/{team="web"} matchers: No alert gets here: {team="web"} cannot hold together with {team="ml"}`,
    ],
    [
      Routing.to(chat).when({ team: 'ml' }, Routing.to(ml).when('team!="x"', oncall).when({ a: 'b' }, audit)),
      `${below}/{team="ml"}/{a="b"} matchers: No alert gets here: the route {team!="x"} before it`,
    ],
  ])('reports %#', (routing, message) => {
    const found = problemsOf({ routing });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
  });

  it('finds nothing wrong with routes that continue, or that are narrower than the later ones', () => {
    const routing = Routing.to(chat)
      .when({ severity: 'critical' }, audit, { continue: true })
      .when({ severity: 'critical', team: 'ml' }, ml)
      .when([Matcher.equal('severity', 'critical')], oncall);
    expect(problemsOf({ routing })).toEqual([]);
  });
});

describe('the advice on a routing', () => {
  const advice = (routing: Routing) => {
    const problems = Problems.at('am');
    adviseRouting(routing, '120h', problems);
    return problems.all.map(({ path, property, message }) => `${path} ${property}: ${message}`);
  };

  it('warns of a repetition that is shorter than the group interval', () => {
    const routing = Routing.to(chat).when({ a: 'b' }, ml, { groupInterval: '1d' });
    expect(advice(routing)).toEqual([
      'am/route/{}/{a="b"} repeatInterval: 4h is shorter than the groupInterval 1d, so that is how often it repeats.',
    ]);
  });

  it('warns of a repetition that is longer than the retention', () => {
    expect(advice(Routing.to(chat, { repeatInterval: '7d' }))).toEqual([
      'am/route/{} repeatInterval: 7d is longer than the retention 120h, after which notifications are forgotten and repeated.',
    ]);
  });

  it('says nothing about the defaults', () => {
    expect(advice(Routing.to(chat))).toEqual([]);
  });
});
