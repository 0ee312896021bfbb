/** Fields of a line beside its message. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** How grave a line is. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Writes lines about what the exporter does. */
export interface Logger {
  /** Writes one line, if its level is logged. The message says what happened; values go into fields. */
  log(level: LogLevel, message: string, fields?: LogFields): void;
}
