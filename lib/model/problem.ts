/** One thing that is wrong with what the user wrote: where, which property, what was received and what is allowed. */
export interface Problem {
  /** Construct path of the object, such as `monitoring/prometheus`, followed by the part of it that is wrong. */
  readonly path: string;
  /** The property to change, such as `retention`. */
  readonly property: string;
  /** A full sentence: the value received and what is allowed. */
  readonly message: string;
}

/**
 * Collects every problem of one synthesis, so that a user sees all faults at once.
 *
 * A check gets a `Problems` that already knows where it is; `within` names a part.
 */
export class Problems {
  /** An empty collection for the object at `path`. */
  public static at(path: string): Problems {
    return new Problems(path, []);
  }

  private constructor(
    private readonly path: string,
    private readonly found: Problem[],
  ) {}

  /** Every problem found so far, in the order in which the checks ran. */
  public get all(): readonly Problem[] {
    return this.found;
  }

  /** The same collection, for a part of the object, such as `route` or `rules/QueueStuck`. */
  public within(part: string): Problems {
    return new Problems(this.path === '' ? part : `${this.path}/${part}`, this.found);
  }

  /** Records one problem with a property of the object. */
  public add(property: string, message: string): void {
    this.found.push({ path: this.path, property, message });
  }

  /** Records the message of a check that returns one only when something is wrong. */
  public addIf(property: string, message: string | undefined): void {
    if (message !== undefined) {
      this.add(property, message);
    }
  }
}
