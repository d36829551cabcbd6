import type { EventOrigin } from "../events/event-origin.ts";
import type { JsonValue } from "../json/json-value.ts";
import type { TextCodec } from "../json/text-codec.ts";
import type { Message } from "../telemetry/message.ts";
import { jsonBodyOf } from "./json-body.ts";
import type { RoutedMessage } from "./language/value.ts";

export interface ViewContext {
  readonly nowMs: number;
  readonly twin: JsonValue | undefined;
  readonly text: TextCodec;
}

/** A message as conditions look at it; its body is parsed once, and only when somebody asks. */
export class MessageInView implements RoutedMessage {
  readonly twin: JsonValue | undefined;
  readonly #message: Message;
  readonly #origin: EventOrigin;
  readonly #context: ViewContext;
  #body: { readonly json: JsonValue | undefined } | undefined;

  constructor(message: Message, origin: EventOrigin, context: ViewContext) {
    this.#message = message;
    this.#origin = origin;
    this.#context = context;
    this.twin = context.twin;
  }

  get body(): JsonValue | undefined {
    this.#body ??= { json: jsonBodyOf(this.#message, this.#context.text) };
    return this.#body.json;
  }

  application(name: string): string | undefined {
    const { application } = this.#message.properties;
    const exact = application.get(name);
    if (exact !== undefined) return String(exact);
    const lowered = name.toLowerCase();
    for (const [key, value] of application) {
      if (key.toLowerCase() === lowered) return String(value);
    }
    return undefined;
  }

  system(name: string): string | undefined {
    const { identity, generationId, authMethod, modelId } = this.#origin;
    const { system } = this.#message.properties;
    switch (name.toLowerCase()) {
      case "contenttype":
        return system.contentType;
      case "contentencoding":
        return system.contentEncoding;
      case "connectiondeviceid":
        return identity.deviceId;
      case "connectionmoduleid":
        return identity.moduleId;
      case "connectiondevicegenerationid":
        return generationId;
      case "connectionauthmethod":
        return authMethod === undefined
          ? undefined
          : JSON.stringify({ ...authMethod, issuer: "iothub", acceptingIpFilterRule: null });
      case "enqueuedtime":
        return new Date(this.#context.nowMs).toISOString();
      case "messageid":
        return system.messageId;
      case "correlationid":
        return system.correlationId;
      case "userid":
        return system.userId;
      case "to":
        return system.to;
      case "creation-time-utc":
        return system.creationTime;
      case "dt-dataschema":
        return modelId;
      case "dt-subject":
        return system.componentName;
      default:
        return undefined;
    }
  }
}
