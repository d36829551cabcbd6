import type { AuthMethod, EventOrigin, SystemProperties } from "@larimar/domain";
import { AmqpWriter } from "../amqp/values/amqp-writer.ts";

/** Encoded entries of a message-annotations map: symbol keys, string values. */
export interface AnnotationPairs {
  readonly count: number;
  readonly bytes: Uint8Array;
}

/** What the hub vouches for. (protocol reference: service-facing 5.6) */
export function encodeOriginAnnotations(origin: EventOrigin): AnnotationPairs {
  const { identity, authMethod } = origin;
  return encodePairs([
    ["iothub-connection-device-id", identity.deviceId],
    ["iothub-connection-module-id", identity.moduleId],
    ["iothub-connection-auth-method", authMethod && describeAuthMethod(authMethod)],
    ["iothub-connection-auth-generation-id", origin.generationId],
    ["iothub-message-source", origin.source],
    ["dt-dataschema", origin.modelId],
  ]);
}

/** What the sender said that readers look for among the annotations; returns how many pairs that were. */
export function writeMessageAnnotations(writer: AmqpWriter, system: SystemProperties): number {
  return (
    writePair(writer, "dt-subject", system.componentName) +
    writePair(writer, "iothub-interface-id", system.interfaceId) +
    writePair(writer, "iothub-creation-time-utc", system.creationTime)
  );
}

function encodePairs(pairs: readonly (readonly [string, string | undefined])[]): AnnotationPairs {
  const writer = new AmqpWriter();
  let count = 0;
  for (const [key, value] of pairs) count += writePair(writer, key, value);
  return { count, bytes: writer.written.slice() };
}

function writePair(writer: AmqpWriter, key: string, value: string | undefined): number {
  if (value === undefined) return 0;
  writer.symbol(key);
  writer.string(value);
  return 1;
}

function describeAuthMethod({ scope, type }: AuthMethod): string {
  return JSON.stringify({ scope, type, issuer: "iothub", acceptingIpFilterRule: null });
}
