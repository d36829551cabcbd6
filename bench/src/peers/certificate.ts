import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "../processes/run-command.ts";

export interface PeerCertificate {
  caFile: string;
  caPem: string;
  certificateFile: string;
  keyFile: string;
}

/** A self-signed ECDSA P-256 certificate for `localhost`, the kind Larimar makes for itself, valid for a day. */
export async function createPeerCertificate(directory: string): Promise<PeerCertificate> {
  const keyFile = join(directory, "server.key");
  const certificateFile = join(directory, "server.pem");
  const result = await runCommand(
    "openssl",
    [
      "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost",
      "-addext subjectAltName=DNS:localhost,IP:127.0.0.1",
    ]
      .flatMap((text) => text.split(" "))
      .concat("-keyout", keyFile, "-out", certificateFile),
  );
  if (result === undefined) {
    throw new Error("the peers need a certificate: install openssl (apt-get install openssl)");
  }
  const caPem = await readFile(certificateFile, "utf8");
  return { caFile: certificateFile, caPem, certificateFile, keyFile };
}
