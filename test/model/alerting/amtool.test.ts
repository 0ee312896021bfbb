import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Matcher } from '../../../lib/model/alerting/matcher';
import { routeOf } from '../../../lib/model/alerting/route-of';
import { type Branch, type RouteOptions, Routing } from '../../../lib/model/alerting/routing';
import type { Labels } from '../../../lib/model/label';
import { tool } from '../../tool';
import { amtool, receiversByAmtool, writeFiles } from './amtool';
import { problemsOf, text, webhook } from './settings';

function write(routing: Routing): string {
  return `${writeFiles({ 'alertmanager.yml': text({ routing }) })}/alertmanager.yml`;
}

const found = (routing: Routing, labels: Labels) => routeOf({ routing }, labels).map(({ receiver }) => receiver);

const NAMES = ['severity', 'team', 'alertname'];
const VALUES = ['critical', 'warning', 'ml', 'ml-infra', 'A"B', 'back\\slash', 'two\nlines', 'ünï', 'a,b={c}'];
const PATTERNS = [
  'critical|warning',
  'ml.*',
  '.*',
  '.+',
  '',
  'm[lx](-infra)?',
  '(?i)ML',
  'two.lines',
  '.*\\\\.*',
  '[^a-z]+',
];

const matcher: fc.Arbitrary<Matcher> = fc.oneof(
  fc
    .tuple(fc.constantFrom(...NAMES), fc.constantFrom('', ...VALUES))
    .map(([name, value]) => Matcher.equal(name, value)),
  fc
    .tuple(fc.constantFrom(...NAMES), fc.constantFrom('', ...VALUES))
    .map(([name, value]) => Matcher.notEqual(name, value)),
  fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom(...PATTERNS)).map(([name, value]) => Matcher.regex(name, value)),
  fc
    .tuple(fc.constantFrom(...NAMES), fc.constantFrom(...PATTERNS))
    .map(([name, value]) => Matcher.notRegex(name, value)),
  fc
    .tuple(fc.constantFrom(...NAMES), fc.array(fc.constantFrom(...VALUES), { minLength: 1, maxLength: 3 }))
    .map(([name, values]) => Matcher.oneOf(name, values)),
);
const matchers = fc.array(matcher, { maxLength: 2 });
const options: fc.Arbitrary<RouteOptions> = fc.record({ continue: fc.boolean() });

interface Plan {
  readonly branches: readonly { matchers: readonly Matcher[]; options: RouteOptions; to: Plan | undefined }[];
  readonly muted: readonly (readonly Matcher[])[];
}

const plan: fc.Arbitrary<Plan> = fc.letrec<{ plan: Plan }>((tie) => ({
  plan: fc.record({
    branches: fc.array(fc.record({ matchers, options, to: fc.option(tie('plan'), { nil: undefined, maxDepth: 2 }) }), {
      maxLength: 3,
    }),
    muted: fc.array(matchers, { maxLength: 1 }),
  }),
})).plan;

const labels: fc.Arbitrary<Labels> = fc.dictionary(fc.constantFrom(...NAMES), fc.constantFrom(...VALUES));

/** A routing with a receiver of its own at each route, so that the receiver tells the route. */
function build(planned: Plan, counter = { next: 0 }): Routing {
  counter.next += 1;
  let routing = Routing.to(webhook(`r${counter.next}`));
  for (const branch of planned.branches) {
    counter.next += 1;
    const to: Branch['to'] = branch.to === undefined ? webhook(`r${counter.next}`) : build(branch.to, counter);
    routing = routing.when(branch.matchers, to, branch.options);
  }
  return planned.muted.reduce((each, muted) => each.muteDuring('weekends', muted), routing);
}

describe('routeOf finds the receivers that Alertmanager finds', () => {
  const examples: readonly Labels[] = [
    {},
    { severity: 'critical' },
    { severity: 'critical', team: 'ml' },
    { severity: 'warning', team: 'ml-infra', alertname: 'A"B' },
    { team: 'two\nlines' },
    { alertname: 'back\\slash' },
    { alertname: 'a,b={c}', severity: 'info' },
    { severity: 'none' },
  ];
  const routing = Routing.to(webhook('chat'))
    .when('alertname=~".+"', webhook('audit'), { continue: true })
    .when(
      { severity: 'critical' },
      Routing.to(webhook('oncall'))
        .when({ team: ['ml', 'ml-infra'] }, webhook('ml'), { continue: true })
        .when('team!~"ml.*"', { groupBy: ['...'] }),
    )
    .when({ alertname: 'A"B' }, webhook('quotes'))
    .when({ alertname: 'back\\slash' }, webhook('slashes'))
    .when({ team: 'two\nlines' }, webhook('lines'))
    .when({ alertname: 'a,b={c}' }, webhook('braces'))
    .when('severity=""', webhook('unlabeled'))
    .muteDuring('weekends', { severity: 'warning' });

  it.for(examples)('for %j', (alert, context) => {
    const program = tool('amtool', context);
    expect(found(routing, alert)).toEqual(receiversByAmtool(program, write(routing), alert));
  });

  it('in a tree that amtool accepts', (context) => {
    expect(problemsOf({ routing })).toEqual([]);
    const program = tool('amtool', context);
    expect(amtool(program, 'check-config', write(routing))).toContain('SUCCESS');
  });

  it('for any tree and any labels', (context) => {
    const program = tool('amtool', context);
    fc.assert(
      fc.property(plan, fc.array(labels, { minLength: 3, maxLength: 3 }), (planned, alerts) => {
        const tree = build(planned);
        const file = write(tree);
        for (const alert of alerts) {
          expect(found(tree, alert)).toEqual(receiversByAmtool(program, file, alert));
        }
      }),
      { numRuns: 60 },
    );
  }, 120_000);
});

it('muting never changes who is notified', () => {
  fc.assert(
    fc.property(plan, labels, (planned, alert) => {
      expect(found(build(planned), alert)).toEqual(found(build(unmuted(planned)), alert));
    }),
    { numRuns: 300 },
  );
});

function unmuted({ branches }: Plan): Plan {
  return {
    muted: [],
    branches: branches.map((branch) => ({ ...branch, to: branch.to === undefined ? undefined : unmuted(branch.to) })),
  };
}
