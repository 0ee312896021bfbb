import type { LogFields, Logger, LogLevel } from '../../src/log.js';

/** A logger that keeps what it is given. */
export class LogLines implements Logger {
  readonly lines: { readonly level: LogLevel; readonly message: string; readonly fields: LogFields }[] = [];

  log(level: LogLevel, message: string, fields: LogFields = {}): void {
    this.lines.push({ level, message, fields });
  }

  /** Lines that an operator sees by default. */
  shown(): string[] {
    return this.lines.filter(({ level }) => level !== 'debug').map(({ level, message }) => `${level}: ${message}`);
  }
}
