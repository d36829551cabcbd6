import { once } from "node:events";
import { createServer } from "node:net";

/** Below the range the kernel gives to outgoing connections, of which a run opens thousands. */
const FIRST_PORT = 20_000;
const LAST_PORT = 30_000;
const ATTEMPTS_MAX = 200;

/** Ports nobody listens on right now. */
export async function freePorts(host: string, count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let attempt = 0; attempt < ATTEMPTS_MAX && ports.length < count; attempt++) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT));
    if (!ports.includes(port) && (await isFree(host, port))) ports.push(port);
  }
  if (ports.length < count) throw new Error(`no ${count} free ports at ${host}`);
  return ports;
}

async function isFree(host: string, port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, "listening");
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
