import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect as connectPlain } from "node:net";
import type { ConnectionOptions, TLSSocket } from "node:tls";
import { connect } from "node:tls";
import { Duplex } from "node:stream";
import type { ConnectionContext } from "@larimar/heads";
import { CapturedLog, ManualClock, makeTestCertificate } from "@larimar/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { KeyedCertificate } from "../tls/make-certificates.ts";
import { makeAuthority, makeServerCertificate } from "../tls/make-certificates.ts";
import { CERTIFICATE_CHECK_INTERVAL_MS, ServerCertificate } from "../tls/server-certificate.ts";
import type { BoundPorts } from "./bind-ports.ts";
import { bindPorts } from "./bind-ports.ts";
import { TlsListener } from "./tls-listener.ts";

const clock = new ManualClock(Date.now());
const authority = await makeAuthority(Date.now());
const issue = (...names: string[]) =>
  makeServerCertificate({ nowMs: Date.now(), authority, names });

let bound: BoundPorts;
let log: CapturedLog;
let offered: KeyedCertificate;
let listener: TlsListener;
let accepted: { stream: Duplex; context: ConnectionContext }[];
let clients: TLSSocket[];

beforeEach(async () => {
  bound = await bindPorts({ ports: { mqtt: 0, amqp: 0, https: 0 }, addresses: ["127.0.0.1"] });
  log = new CapturedLog();
  accepted = [];
  clients = [];
  offered = await issue("localhost");
  const source = { caFile: "", provide: async () => offered };
  listener = new TlsListener({
    certificate: await ServerCertificate.open({ source, clock, log }),
    onConnection: (stream, context) => {
      accepted.push({ stream, context });
      stream.pipe(stream);
    },
    log,
  });
  bound.byProtocol.mqtt.serve({ onSocket: (socket) => listener.accept(socket), log });
});
afterEach(async () => {
  for (const client of clients) client.destroy();
  listener[Symbol.dispose]();
  await bound[Symbol.asyncDispose]();
});

async function connectClient(options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({
    host: "127.0.0.1",
    port: bound.ports.mqtt,
    servername: "localhost",
    ca: authority.certPem,
    ...options,
  });
  clients.push(socket);
  await once(socket, "secureConnect");
  return socket;
}

/** Answers once the listener has taken the connection, too. */
async function echo(socket: TLSSocket, text = "hello"): Promise<string> {
  socket.write(text);
  const [answer] = (await once(socket, "data")) as [Buffer];
  return String(answer);
}

describe("what a head is told of a connection", () => {
  test.each(["TLSv1.3", "TLSv1.2"] as const)(
    "is the client's whole chain, also when the client comes back with %s",
    async (maxVersion) => {
      const root = await makeTestCertificate({ commonName: "root", isCa: true });
      const factory = await makeTestCertificate({
        commonName: "factory",
        isCa: true,
        issuer: root,
      });
      const leaf = await makeTestCertificate({ commonName: "dev-1", issuer: factory });
      const options = { cert: leaf.chainPem, key: leaf.keyPem, maxVersion };
      const first = await connectClient(options);
      await echo(first);
      const session = first.getSession();
      await echo(await connectClient({ ...options, ...(session && { session }) }));
      const chains = accepted.map(({ context }) =>
        context.certificate?.chainDer.map((der) => Buffer.from(der).toString("base64")),
      );
      expect(chains).toEqual([
        [leaf.der, factory.der],
        [leaf.der, factory.der],
      ]);
    },
  );

  test("is the name the client asked for, and where it comes from", async () => {
    await echo(await connectClient());
    await echo(await connectClient({ servername: "", checkServerIdentity: () => undefined }));
    expect(accepted.map(({ context }) => context)).toEqual([
      expect.objectContaining({ serverName: "localhost", remoteAddress: "127.0.0.1" }),
      expect.objectContaining({ serverName: undefined, transport: "tcp", certificate: undefined }),
    ]);
  });

  test("is the client's certificate, whoever issued it, unjudged", async () => {
    const stranger = await makeAuthority(Date.now());
    const nowMs = Date.now();
    const device = await makeServerCertificate({ nowMs, authority: stranger, names: ["device-1"] });
    await echo(await connectClient({ cert: device.certPem, key: device.keyPem }));
    const leaf = new X509Certificate(device.certPem);
    expect(accepted[0]?.context.certificate).toMatchObject({
      sha1Thumbprint: leaf.fingerprint.replaceAll(":", ""),
      sha256Thumbprint: leaf.fingerprint256.replaceAll(":", ""),
      subjectCommonName: "Larimar server",
      notBeforeMs: Date.parse(leaf.validFrom),
      notAfterMs: Date.parse(leaf.validTo),
    });
    expect(accepted[0]?.context.certificate?.chainDer).toEqual([leaf.raw]);
  });

  test("is the chain a client sends along, the leaf first", async () => {
    const stranger = await makeAuthority(Date.now());
    const nowMs = Date.now();
    const device = await makeServerCertificate({ nowMs, authority: stranger, names: ["device-1"] });
    await echo(
      await connectClient({ cert: device.certPem + stranger.certPem, key: device.keyPem }),
    );
    expect(accepted[0]?.context.certificate?.chainDer).toEqual(
      [device, stranger].map(({ certPem }) => new X509Certificate(certPem).raw),
    );
  });
});

describe("the handshake", () => {
  test.each(["TLSv1.2", "TLSv1.3"] as const)("takes %s", async (version) => {
    const client = await connectClient({ minVersion: version, maxVersion: version });
    expect(client.getProtocol()).toBe(version);
    expect(await echo(client)).toBe("hello");
  });

  test("refuses older versions", async () => {
    const old = connectClient({
      minVersion: "TLSv1.1",
      maxVersion: "TLSv1.1",
      ciphers: "DEFAULT@SECLEVEL=0",
    });
    await expect(old).rejects.toThrow(/alert|version/i);
    expect(accepted).toEqual([]);
  });

  test("names no authorities, so that clients offer whatever certificate they have", async () => {
    const received: Buffer[] = [];
    const socket = tapped(connectPlain({ host: "127.0.0.1", port: bound.ports.mqtt }), received);
    // The last version whose handshake can be read on the wire.
    await connectClient({ socket, maxVersion: "TLSv1.2" });
    const request = handshakeMessages(Buffer.concat(received)).find(({ type }) => type === 13);
    expect(request).toBeDefined();
    expect(request?.body.subarray(-2)).toEqual(Buffer.of(0, 0));
  });
});

/** The same connection, with what the server sends kept. */
function tapped(plain: Duplex, received: Buffer[]): Duplex {
  const tap = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _, done) => void plain.write(chunk, done),
  });
  plain.on("data", (chunk: Buffer) => {
    received.push(chunk);
    tap.push(chunk);
  });
  return tap;
}

/** What is readable of a handshake: each message has a type and a length, in records of type 22. */
function handshakeMessages(bytes: Buffer): { type: number; body: Buffer }[] {
  const records: Buffer[] = [];
  for (let at = 0; bytes[at] === 22; at += 5 + bytes.readUInt16BE(at + 3)) {
    records.push(bytes.subarray(at + 5, at + 5 + bytes.readUInt16BE(at + 3)));
  }
  const text = Buffer.concat(records);
  const messages = [];
  for (let at = 0; at < text.length; at += 4 + text.readUIntBE(at + 1, 3)) {
    const body = text.subarray(at + 4, at + 4 + text.readUIntBE(at + 1, 3));
    messages.push({ type: text.readUInt8(at), body });
  }
  return messages;
}

describe("bytes that are no handshake", () => {
  test("close their own connection and nothing else", async () => {
    const good = await connectClient();
    expect(await echo(good)).toBe("hello");
    for (const text of ["GET / HTTP/1.1\r\n\r\n", "\u0010\u000c\u0000\u0004MQTT", "\u0000"]) {
      const plain = connectPlain({ host: "127.0.0.1", port: bound.ports.mqtt });
      plain.on("error", () => undefined);
      plain.end(text);
      plain.resume();
      await once(plain, "close");
    }
    expect(await echo(good)).toBe("hello");
    expect(accepted).toHaveLength(1);
    expect(log.messages("debug")).toContain("TLS handshake failed");
    expect(log.messages("warn")).toEqual([]);
    expect(log.messages("error")).toEqual([]);
  });
});

describe("a replaced certificate", () => {
  test("is shown to whoever connects from then on; others keep their connection", async () => {
    const before = await connectClient();
    offered = await issue("localhost", "new.example");
    clock.advance(CERTIFICATE_CHECK_INTERVAL_MS);
    await new Promise((resolve) => setImmediate(resolve));
    const after = await connectClient({ servername: "new.example" });
    expect(after.getPeerX509Certificate()?.checkHost("new.example")).toBe("new.example");
    expect(before.getPeerX509Certificate()?.checkHost("new.example")).toBeUndefined();
    expect(await echo(before)).toBe("hello");
    expect(await echo(after)).toBe("hello");
  });
});
