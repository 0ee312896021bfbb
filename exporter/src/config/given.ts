import type { OptionName } from './options.js';

/** An option that was set somewhere, still as text. */
export interface Given {
  readonly name: OptionName;
  /** More than one for an option that takes several values. */
  readonly texts: readonly string[];
  /** Where, as messages name it: `--log.level`, `GPU_EXPORTER_LOG_LEVEL`, `config.yaml:3: log.level`. */
  readonly place: string;
}

/** What one of the three places said, and what was wrong there. */
export interface Reading {
  readonly given: readonly Given[];
  readonly problems: readonly string[];
}

/** Takes a list apart that stands in one text; flags and variables have commas, and a file may have them. */
export function listOf(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((part) => part !== '');
}
