import type { Log } from "@larimar/heads";
import { writeConnectionFile } from "../connection/connection-file.ts";
import type { ConnectionInfo } from "../connection/connection-info.ts";
import type { ServerCertificate } from "../tls/server-certificate.ts";

export interface PublicationParts {
  readonly directory: string;
  readonly describe: () => ConnectionInfo;
  readonly certificate: ServerCertificate;
  readonly log: Log;
}

/** Keeps true what clients are told about the server: `connection.json` and the names in its certificate. */
export class Publication {
  readonly #parts: PublicationParts;
  #writing: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(parts: PublicationParts) {
    this.#parts = parts;
  }

  /** At start, where a failure ends the start. Resolves with the file. */
  writeFirst(): Promise<string> {
    return writeConnectionFile(this.#parts.directory, this.#parts.describe());
  }

  /** Names have come or gone. Resolves when clients find them; a failure is logged, and tried again later. */
  async published(): Promise<void> {
    await this.#parts.certificate.renew();
    await this.changed();
  }

  /** Keys or settings have changed. Changes that come while the file is written share the next writing. */
  changed(): Promise<void> {
    this.#next ??= this.#writing.then(async () => {
      this.#next = undefined;
      this.#writing = this.#write();
      await this.#writing;
    });
    return this.#next;
  }

  /** Resolves when what has changed so far is written. */
  settled(): Promise<void> {
    return this.#next ?? this.#writing;
  }

  async #write(): Promise<void> {
    const { directory, describe, log } = this.#parts;
    try {
      await writeConnectionFile(directory, describe());
    } catch (error) {
      log.error({ err: error }, "connection.json is not up to date");
    }
  }
}
