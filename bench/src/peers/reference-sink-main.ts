import { readFileSync } from "node:fs";
import { createServer, type TLSSocket } from "node:tls";

// Answers CONNECT and SUBSCRIBE properly and every PUBLISH by its packet id alone, one write per read.

const [host, port, certificateFile, keyFile] = process.argv.slice(2);

createServer(
  { cert: readFileSync(certificateFile!), key: readFileSync(keyFile!), noDelay: true },
  serve,
).listen({ host, port: Number(port), backlog: 4096 });

function serve(socket: TLSSocket): void {
  let rest: Buffer | undefined;
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk: Buffer) => {
    const bytes = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
    const answers: number[] = [];
    let at = 0;
    for (;;) {
      let length = 0;
      let digits = 0;
      let byte: number | undefined;
      do {
        byte = bytes[at + 1 + digits];
        if (byte === undefined) break;
        length |= (byte & 0x7f) << (7 * digits);
        digits += 1;
      } while ((byte & 0x80) !== 0);
      const body = at + 1 + digits;
      if (byte === undefined || body + length > bytes.length) break;
      answer(bytes, at, body, answers);
      at = body + length;
    }
    rest = at < bytes.length ? bytes.subarray(at) : undefined;
    if (answers.length > 0) socket.write(Buffer.from(answers));
  });
}

function answer(bytes: Buffer, start: number, body: number, answers: number[]): void {
  const packetType = bytes[start]! >> 4;
  if (packetType === 3) {
    const idAt = body + 2 + bytes.readUInt16BE(body);
    answers.push(0x40, 2, bytes[idAt]!, bytes[idAt + 1]!);
  } else if (packetType === 1) {
    answers.push(0x20, 2, 0, 0);
  } else if (packetType === 8) {
    answers.push(0x90, 3, bytes[body]!, bytes[body + 1]!, 0);
  }
}
