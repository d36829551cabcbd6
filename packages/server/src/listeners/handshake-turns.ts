import type { Socket } from "node:net";

/**
 * Handshakes being computed at once; further clients wait in order of arrival. Without it, a storm of clients
 * shares the processor so evenly that all of them finish after they have given up, and try again.
 */
const TURNS_MAX = 128;
/** A handshake that takes longer goes on without a turn: a client far away, or a silent one, holds nobody up. */
const TURN_MS_MAX = 250;

export interface HandshakeTurnsLimits {
  readonly turnsMax: number;
  readonly turnMsMax: number;
  /** A client that has not said a word by then is closed. */
  readonly silenceMsMax: number;
}

interface Turn {
  readonly socket: Socket;
  readonly timer: NodeJS.Timeout;
  readonly end: () => void;
}

/** Lets clients that have begun to speak into their handshakes, so many at a time. */
export class HandshakeTurns implements Disposable {
  readonly #limits: HandshakeTurnsLimits;
  readonly #begin: (socket: Socket) => void;
  /** Bounded by the connections that a port takes. */
  readonly #waiting: Socket[] = [];
  readonly #turns = new Map<string, Turn>();

  constructor(
    begin: (socket: Socket) => void,
    limits: Partial<HandshakeTurnsLimits> & Pick<HandshakeTurnsLimits, "silenceMsMax">,
  ) {
    this.#begin = begin;
    this.#limits = { turnsMax: TURNS_MAX, turnMsMax: TURN_MS_MAX, ...limits };
  }

  /** Takes a socket nobody has read from. */
  enter(socket: Socket): void {
    const onSilence = () => socket.destroy();
    socket.setTimeout(this.#limits.silenceMsMax, onSilence);
    socket.once("readable", () => {
      socket.setTimeout(0, onSilence);
      if (socket.destroyed || socket.readableLength === 0) return void socket.destroy();
      this.#waiting.push(socket);
      this.#goOn();
    });
  }

  /** The handshake of this client came to an end. */
  leave(client: Pick<Socket, "remoteAddress" | "remotePort">): void {
    this.#endTurn(keyOf(client));
  }

  [Symbol.dispose](): void {
    for (const { timer } of this.#turns.values()) clearTimeout(timer);
    for (const socket of this.#waiting) socket.destroy();
  }

  #goOn(): void {
    while (this.#turns.size < this.#limits.turnsMax) {
      const socket = this.#waiting.shift();
      if (socket === undefined) return;
      if (!socket.destroyed) this.#startTurn(socket);
    }
  }

  #startTurn(socket: Socket): void {
    const key = keyOf(socket);
    const end = () => this.#endTurn(key);
    const timer = setTimeout(end, this.#limits.turnMsMax);
    timer.unref();
    this.#turns.set(key, { socket, timer, end });
    socket.once("close", end);
    this.#begin(socket);
  }

  #endTurn(key: string): void {
    const turn = this.#turns.get(key);
    if (turn === undefined) return;
    clearTimeout(turn.timer);
    turn.socket.off("close", turn.end);
    this.#turns.delete(key);
    this.#goOn();
  }
}

/** What the secured socket has in common with the one below it. */
function keyOf({
  remoteAddress,
  remotePort,
}: Pick<Socket, "remoteAddress" | "remotePort">): string {
  return `${remoteAddress}:${remotePort}`;
}
