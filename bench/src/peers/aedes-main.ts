import { readFileSync } from "node:fs";
import { createServer } from "node:tls";
import { Aedes } from "aedes";
import persistLevel from "aedes-persistence-level";
import { ClassicLevel } from "classic-level";

// Aedes as a process: host, port, certificate, key, and a directory if it is to keep things on disk.

const [host, port, certificateFile, keyFile, directory] = process.argv.slice(2);
const persistence =
  directory === undefined
    ? undefined
    : persistLevel(new ClassicLevel(directory, { valueEncoding: "binary" }));
const broker = await Aedes.createBroker({ ...(persistence && { persistence }) });
const server = createServer(
  { cert: readFileSync(certificateFile!), key: readFileSync(keyFile!) },
  (socket) => void broker.handle(socket),
);
server.listen(Number(port), host);
process.once("SIGTERM", () => process.exit(0));
