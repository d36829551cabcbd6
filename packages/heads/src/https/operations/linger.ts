import type { IncomingMessage } from "node:http";
import type { Clock } from "@larimar/domain";

/**
 * Ends the connection of a client that was answered and still sends: what comes is thrown away until the
 * client has noticed, or the time is up. Closed at once, the connection would be reset, and the answer lost
 * on its way.
 */
export async function linger(
  request: IncomingMessage,
  { clock, msMax }: { clock: Clock; msMax: number },
): Promise<void> {
  const { socket } = request;
  if (socket.destroyed) return;
  // However it ends, the client had its time: that it broke off is no fault.
  const closed = new Promise((resolve) => socket.once("close", resolve));
  const timer = clock.after(msMax, () => socket.destroy());
  socket.end();
  request.resume();
  await closed;
  timer.cancel();
}
