import type { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';

/**
 * Objects that are made at synth, when it is known what they hold; until then they can be patched by announcement.
 *
 * @example stack.prometheus.access.customize((object) => object.metadata.addLabel('audited', 'yes'));
 */
export abstract class LateObjects extends Construct {
  private readonly changes: ((object: ApiObject) => void)[] = [];

  /** Shows every object to the function when it is made. */
  public customize(change: (object: ApiObject) => void): void {
    this.changes.push(change);
  }

  /** Applies what was announced; for those who make the objects. */
  protected made<T extends ApiObject>(object: T): T {
    for (const change of this.changes) {
      change(object);
    }
    return object;
  }
}
