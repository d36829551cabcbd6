import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { rootCertificates } from "node:tls";
import { StartError } from "../start-error.ts";

/**
 * Whom this server believes when it is the client: everybody's authorities and the operator's own, PEM.
 * Undefined, which leaves it to Node, when the operator names none. Throws `StartError`.
 */
export async function readTrustedAuthorities(
  files: readonly string[] | undefined,
): Promise<readonly string[] | undefined> {
  if (files === undefined || files.length === 0) return undefined;
  return [...rootCertificates, ...(await Promise.all(files.map(readAuthority)))];
}

async function readAuthority(name: string): Promise<string> {
  const file = path.resolve(name);
  let pem: string;
  try {
    pem = await readFile(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new StartError(`'${file}' cannot be read (${code}).`, { cause: error });
  }
  try {
    void new X509Certificate(pem).subject;
  } catch (error) {
    throw new StartError(`'${file}' is no certificate in PEM.`, { cause: error });
  }
  return pem;
}
