/** What this package has to say to an operator; a structured logger fits as it is. */
export interface StorageLog {
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

export const SILENT_LOG: StorageLog = { warn() {}, error() {} };
