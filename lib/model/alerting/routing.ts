import type { Labels } from '../label';
import type { InhibitRule } from './inhibit-rule';
import type { Matchers } from './matcher';
import { Receiver } from './receiver';
import type { NamedTimeInterval } from './time-interval';

/**
 * How the alerts of a route are gathered and repeated; nested routes inherit what they do not set.
 *
 * @see https://prometheus.io/docs/alerting/latest/configuration/#route
 */
export interface GroupingOptions {
  /** Labels whose values make a group; `['...']` for every label, `[]` for one group. @default - that of the route above; `alertname`, `cluster` and `namespace` at the top */
  readonly groupBy?: readonly string[];
  /** Time for which a new group waits for further alerts. @default - that of the route above; 30s at the top */
  readonly groupWait?: string;
  /** Time after which a group with new alerts is sent again. @default - that of the route above; 5m at the top */
  readonly groupInterval?: string;
  /** Time after which an unchanged group is sent again. @default - that of the route above; 4h at the top */
  readonly repeatInterval?: string;
  /** Labels that templates read by `routeLabels`. @default - those of the route above */
  readonly labels?: Labels;
}

/** What a nested route can be told. */
export interface RouteOptions extends GroupingOptions {
  /** Goes on to the routes after this one. @default false */
  readonly continue?: boolean;
  /** Times, or their names, at which this route is silent. @default - never */
  readonly muteTimeIntervals?: readonly (string | NamedTimeInterval)[];
  /** Times, or their names, at which alone this route speaks. @default - always */
  readonly activeTimeIntervals?: readonly (string | NamedTimeInterval)[];
}

/** A nested route: who gets what matches, where it is not the receiver above. */
export interface Branch {
  readonly matchers: Matchers;
  readonly options: RouteOptions;
  /** @default - the receiver of the route above */
  readonly to?: Receiver | string | Routing;
}

/** Alerts that are silent at certain times, whoever gets them. */
export interface Muting {
  readonly interval: string | NamedTimeInterval;
  readonly matchers: Matchers;
}

interface RoutingParts {
  readonly branches: readonly Branch[];
  readonly mutings: readonly Muting[];
  readonly inhibitRules: readonly InhibitRule[];
}

/**
 * Who is notified of which alert: a receiver for everything, and routes for what differs.
 *
 * A routing never changes; each method gives a new one. The first route that matches wins, unless it says `continue`.
 *
 * @see https://prometheus.io/docs/alerting/latest/configuration/#route-related-settings
 * @example
 * Routing.to(chat)
 *   .when({ severity: 'critical' }, oncall)
 *   .when({ team: 'ml' }, Routing.to(ml, { groupBy: ['job'] }).when({ severity: 'info' }, Receiver.none()))
 *   .muteDuring('weekends', { severity: 'warning' })
 */
export class Routing {
  /** Everything goes to one receiver, given as such or by the name of another one of the Alertmanager. */
  public static to(receiver: Receiver | string, options: GroupingOptions = {}): Routing {
    return new Routing(receiver, options, { branches: [], mutings: [], inhibitRules: [] });
  }

  /** Nobody is notified, on purpose: alerts are seen only in the web pages. */
  public static none(): Routing {
    return Routing.to(Receiver.none());
  }

  private constructor(
    /** Who gets what no branch matches. */
    public readonly receiver: Receiver | string,
    public readonly options: GroupingOptions,
    private readonly parts: RoutingParts,
  ) {}

  /** Routes in the order in which they are tried. */
  public get branches(): readonly Branch[] {
    return this.parts.branches;
  }

  public get mutings(): readonly Muting[] {
    return this.parts.mutings;
  }

  /** Inhibitions of this routing; they hold for every alert of the Alertmanager. */
  public get inhibitRules(): readonly InhibitRule[] {
    return this.parts.inhibitRules;
  }

  /**
   * Sends what matches elsewhere: to a receiver, through a routing of its own, or, with options alone, to the same
   * receiver in another way.
   */
  public when(matchers: Matchers, to: Receiver | string | Routing | RouteOptions, options: RouteOptions = {}): Routing {
    const target = typeof to === 'string' || to instanceof Receiver || to instanceof Routing;
    const branch: Branch = target ? { matchers, to, options } : { matchers, options: { ...to, ...options } };
    return this.with({ branches: [...this.branches, branch] });
  }

  /**
   * Silences what matches at certain times, whichever route it takes; without matchers everything.
   *
   * `weekends` (Saturday and Sunday, UTC) is known by name; others are defined among the time intervals, or given here.
   */
  public muteDuring(interval: string | NamedTimeInterval, matchers: Matchers = []): Routing {
    return this.with({ mutings: [...this.mutings, { interval, matchers }] });
  }

  /** Mutes alerts while others fire. */
  public inhibit(...rules: readonly InhibitRule[]): Routing {
    return this.with({ inhibitRules: [...this.inhibitRules, ...rules] });
  }

  /** The inhibitions of this routing and of those within it. */
  public allInhibitRules(): readonly InhibitRule[] {
    const within = this.branches.flatMap(({ to }) => (to instanceof Routing ? to.allInhibitRules() : []));
    return [...this.inhibitRules, ...within];
  }

  private with(parts: Partial<RoutingParts>): Routing {
    return new Routing(this.receiver, this.options, { ...this.parts, ...parts });
  }
}
