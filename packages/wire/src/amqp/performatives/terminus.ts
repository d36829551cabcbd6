import { AmqpReader } from "../values/amqp-reader.ts";
import type { AmqpMap } from "../values/amqp-value.ts";
import { FieldReader } from "../values/field-reader.ts";

/** A link's source or target. [AMQP 1.0 3.5.3, 3.5.4] */
export interface Terminus {
  readonly address: string | undefined;
  /** The peer asks for a node to be made up. */
  readonly isDynamic: boolean;
  /** Of a source only. */
  readonly filter: AmqpMap | undefined;
  /** As it is encoded, to be echoed in the answer. */
  readonly encoded: Uint8Array;
}

const SOURCE = 0x28;
const SOURCE_NAME = "amqp:source:list";

/** undefined for a coordinator and other termini that are no node. */
export function readTerminus(encoded: Uint8Array): Terminus | undefined {
  const reader = new AmqpReader(encoded);
  const descriptor = reader.readDescriptor();
  const isSource = descriptor === SOURCE || descriptor === SOURCE_NAME;
  const isTarget = descriptor === 0x29 || descriptor === "amqp:target:list";
  if (!isSource && !isTarget) return undefined;
  const fields = new FieldReader(reader);
  const address = fields.string();
  fields.skip(); // durable
  fields.skip(); // expiry-policy
  fields.skip(); // timeout
  const isDynamic = fields.boolean();
  fields.skip(); // dynamic-node-properties
  let filter: AmqpMap | undefined;
  if (isSource) {
    fields.skip(); // distribution-mode
    filter = fields.map();
  }
  fields.close();
  return { address, isDynamic, filter, encoded };
}
