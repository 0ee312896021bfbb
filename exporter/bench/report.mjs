// Prints figures beside their targets, and remembers which of these were missed.

/** The table of a run. */
export class Report {
  /** Targets that were missed: said, since figures of a shared machine move, but no failure by themselves. */
  missed = [];
  /** Bounds that no noise explains. */
  exceeded = [];

  title(text) {
    console.log(`\n${text}`);
  }

  /** A figure without a target. */
  show(name, value, unit, note = '') {
    console.log(`  ${name.padEnd(58)} ${format(value).padStart(9)} ${unit}${note === '' ? '' : `   ${note}`}`);
  }

  /** A figure that is to be no greater than its target, and never greater than its bound. */
  check(name, value, unit, { target, bound }) {
    const ok = value <= target;
    if (!ok) this.missed.push(`${name}: ${format(value)} ${unit}, target ${target} ${unit}`);
    if (!(value <= bound)) this.exceeded.push(`${name}: ${format(value)} ${unit}, bound ${bound} ${unit}`);
    this.show(name, value, unit, `${ok ? 'meets' : 'MISSES'} the target of ${target} ${unit}`);
  }

  note(text) {
    console.log(`  ${text}`);
  }
}

const format = (value) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));
