import type { Given } from './given.js';
import { OPTION_NAMES, type OPTIONS, type OptionName, optionOf } from './options.js';
import { quoted } from './settings-error.js';

type ValueOf<Name extends OptionName> = (typeof OPTIONS)[Name] extends {
  readonly type: { parse(text: string): infer T };
}
  ? Exclude<T, undefined>
  : never;

/** Values of all options, each checked by its own. */
export class Values {
  readonly problems: string[] = [];
  private readonly values = new Map<OptionName, readonly unknown[]>();

  /** @param given earlier ones win */
  constructor(private readonly given: readonly Given[]) {
    for (const name of OPTION_NAMES) {
      const { default: fallback, type } = optionOf(name);
      const found = this.given.find((one) => one.name === name);
      const texts = found?.texts ?? (fallback === undefined ? [] : [fallback]);
      if (found?.texts.length === 0) {
        this.problems.push(`${found.place}: needs a value; allowed: ${type.allowed}`);
      }
      const values = texts.map((text) => {
        const value = type.parse(text);
        if (value === undefined) {
          this.problems.push(`${found?.place ?? name}: ${quoted(text)} is not allowed; allowed: ${type.allowed}`);
        }
        return value;
      });
      this.values.set(name, [...new Set(values)]);
    }
  }

  /** Where an option was set, as messages name it, or undefined where its default counts. */
  place(name: OptionName): string | undefined {
    return this.given.find((given) => given.name === name)?.place;
  }

  /** All values of an option. */
  all<Name extends OptionName>(name: Name): readonly ValueOf<Name>[] {
    return (this.values.get(name) ?? []) as ValueOf<Name>[];
  }

  /** The value of an option that may have none. */
  maybe<Name extends OptionName>(name: Name): ValueOf<Name> | undefined {
    return this.all(name)[0];
  }

  /** The value of an option with a default. */
  one<Name extends OptionName>(name: Name): ValueOf<Name> {
    return this.all(name)[0] as ValueOf<Name>;
  }
}
