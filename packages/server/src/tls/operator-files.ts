import { readFile } from "node:fs/promises";
import path from "node:path";
import { StartError } from "../start-error.ts";
import { parseKeyed } from "./check-certificate.ts";
import type { KeyedCertificate } from "./make-certificates.ts";
import type { CertificateSource } from "./server-certificate.ts";

/** A certificate that the operator brings and renews; its files are read again while the server runs. */
export class OperatorFiles implements CertificateSource {
  readonly caFile: string;
  readonly #certFile: string;
  readonly #keyFile: string;

  constructor(files: { ca: string | undefined; cert: string; key: string }) {
    this.#certFile = path.resolve(files.cert);
    this.#keyFile = path.resolve(files.key);
    // Without one, clients get the certificate itself, which is right for a self-signed one.
    this.caFile = path.resolve(files.ca ?? files.cert);
  }

  /** Throws `StartError`. */
  async provide(): Promise<KeyedCertificate> {
    const [certPem, keyPem] = await Promise.all([
      readPem(this.#certFile),
      readPem(this.#keyFile),
      readPem(this.caFile),
    ]);
    if (parseKeyed({ certPem, keyPem }) === undefined) {
      throw new StartError(
        `'${this.#certFile}' and '${this.#keyFile}' are not a certificate and its key.`,
      );
    }
    return { certPem, keyPem };
  }
}

async function readPem(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new StartError(`'${file}' cannot be read (${code}).`, { cause: error });
  }
}
