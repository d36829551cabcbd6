import type { MethodCall, MethodInlet, MethodRequest, MethodResponse } from "@larimar/domain";
import { HubError } from "@larimar/domain";
import { encodePublish, formatMethodRequestTopic } from "@larimar/wire";
import { parseJson } from "../../parse-json.ts";

interface Pending {
  resolve(response: MethodResponse): void;
  reject(error: HubError): void;
}

/** Method calls of one client that wait for its answer. How many is limited where they come from. */
export class MethodCalls implements MethodInlet {
  readonly #send: (packet: Uint8Array) => void;
  readonly #pending = new Map<string, Pending>();
  #lastId = 0;

  constructor(send: (packet: Uint8Array) => void) {
    this.#send = send;
  }

  invoke({ name, payload }: MethodRequest): MethodCall {
    const requestId = (++this.#lastId).toString(16);
    const response = new Promise<MethodResponse>((resolve, reject) => {
      this.#pending.set(requestId, { resolve, reject });
    });
    const topic = formatMethodRequestTopic(name, requestId);
    // SDKs parse what is there, so a call without a payload says null.
    const body = Buffer.from(JSON.stringify(payload ?? null));
    this.#send(encodePublish({ topic, payload: body, qos: 0 }));
    return { response, abandon: () => void this.#pending.delete(requestId) };
  }

  /** Answers that nobody waits for any more are dropped. */
  answer(requestId: string, status: number, body: Uint8Array): void {
    const pending = this.#pending.get(requestId);
    if (pending === undefined) return;
    this.#pending.delete(requestId);
    const payload = body.length === 0 ? null : parseJson(body);
    if (payload !== undefined) pending.resolve({ status, payload });
    else {
      pending.reject(new HubError("BadDeviceResponse", "The device's answer is not JSON"));
    }
  }
}
