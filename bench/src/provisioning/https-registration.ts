import { once } from "node:events";
import { connect, type SecureContext, type TLSSocket } from "node:tls";
import type { LoadTarget } from "../load/messages.ts";
import type { DeviceAnswer } from "./registration-exchange.ts";
import { registerWith } from "./registration-exchange.ts";
import type { StormDevice } from "./storm-device.ts";

const API_VERSION = "2019-03-31";

/** One device over HTTPS, on one connection as long as the server keeps it, another one otherwise. */
export async function registerOverHttps(
  device: StormDevice,
  options: { target: LoadTarget; secureContext: SecureContext; timeoutMs: number },
): Promise<void> {
  const { idScope, registrationId, token } = device;
  const { target, secureContext, timeoutMs } = options;
  const { host, port, servername } = target;
  let socket: TLSSocket | undefined;
  const ask = async (method: string, path: string, body: unknown): Promise<DeviceAnswer> => {
    if (socket === undefined || socket.destroyed || socket.readableEnded) {
      socket = connect({ host, port, servername, secureContext });
      // Whoever waits for an answer hears of it as well.
      socket.on("error", () => {});
      socket.setNoDelay(true);
      socket.setTimeout(timeoutMs, () => socket?.destroy(new Error("no answer in time")));
      await once(socket, "secureConnect");
    }
    const text = JSON.stringify(body);
    const head = [
      `${method} /${idScope}/registrations/${registrationId}/${path}?api-version=${API_VERSION} HTTP/1.1`,
      `Host: ${servername}`,
      "Content-Type: application/json; charset=utf-8",
      `Content-Length: ${Buffer.byteLength(text)}`,
      ...(token === undefined ? [] : [`Authorization: ${token}`]),
    ];
    socket.write(`${head.join("\r\n")}\r\n\r\n${text}`);
    return readAnswer(socket);
  };
  try {
    await registerWith({
      register: () => ask("PUT", "register", { registrationId }),
      poll: (operationId) => ask("GET", `operations/${operationId}`, {}),
    });
  } finally {
    socket?.destroy();
  }
}

function readAnswer(socket: TLSSocket): Promise<DeviceAnswer> {
  return new Promise((resolve, reject) => {
    let text = "";
    const settle = (act: () => void) => {
      socket.off("data", onData).off("error", onError).off("close", onClose);
      act();
    };
    const onError = (error: NodeJS.ErrnoException) =>
      settle(() => reject(new Error(error.code ?? error.message)));
    const onClose = () => settle(() => reject(new Error("closed by the server")));
    const onData = (chunk: Buffer) => {
      // The server's answers are ASCII: a character is a byte.
      text += chunk.toString("latin1");
      const headEnd = text.indexOf("\r\n\r\n");
      if (headEnd === -1) return;
      const head = text.slice(0, headEnd);
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1]);
      const body = text.slice(headEnd + 4);
      if (Number.isNaN(length)) settle(() => reject(new Error("an answer without a length")));
      else if (body.length >= length) settle(() => resolve(toAnswer(head, body)));
    };
    socket.on("data", onData).on("error", onError).on("close", onClose);
  });
}

function toAnswer(head: string, body: string): DeviceAnswer {
  const retryAfter = /\r\nretry-after: (\d+)/i.exec(head)?.[1];
  return {
    status: Number(head.slice(9, 12)),
    retryAfterS: retryAfter === undefined ? undefined : Number(retryAfter),
    body: JSON.parse(body) as DeviceAnswer["body"],
  };
}
