import type { Log } from "@larimar/heads";

export interface LogEntry {
  readonly level: keyof Log;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Keeps what was logged, by all subsystems together. */
export class CapturedLog implements Log {
  readonly entries: LogEntry[];
  readonly #bindings: Readonly<Record<string, unknown>>;

  constructor(entries: LogEntry[] = [], bindings: Readonly<Record<string, unknown>> = {}) {
    this.entries = entries;
    this.#bindings = bindings;
  }

  child(bindings: Readonly<Record<string, unknown>>): CapturedLog {
    return new CapturedLog(this.entries, { ...this.#bindings, ...bindings });
  }

  debug(fields: object, message: string): void {
    this.#add("debug", fields, message);
  }

  info(fields: object, message: string): void {
    this.#add("info", fields, message);
  }

  warn(fields: object, message: string): void {
    this.#add("warn", fields, message);
  }

  error(fields: object, message: string): void {
    this.#add("error", fields, message);
  }

  messages(level: keyof Log): string[] {
    return this.entries.filter((entry) => entry.level === level).map(({ message }) => message);
  }

  #add(level: keyof Log, fields: object, message: string): void {
    this.entries.push({ level, message, fields: { ...this.#bindings, ...fields } });
  }
}
