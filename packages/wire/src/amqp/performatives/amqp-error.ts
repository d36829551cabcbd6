import type { AmqpReader } from "../values/amqp-reader.ts";
import type { AmqpWriter } from "../values/amqp-writer.ts";
import { FieldReader } from "../values/field-reader.ts";

const ERROR = 0x1d;

/** [AMQP 1.0 2.8.14] */
export interface AmqpErrorFields {
  readonly condition: string;
  readonly description?: string | undefined;
  /** Symbol keys; texts become strings, numbers ints. */
  readonly info?: ReadonlyMap<string, string | number> | undefined;
}

export function writeAmqpError(writer: AmqpWriter, error: AmqpErrorFields): void {
  writer.described(ERROR);
  const mark = writer.beginList();
  writer.symbol(error.condition);
  if (error.description === undefined) writer.null();
  else writer.string(error.description);
  if (error.info === undefined) {
    writer.null();
  } else {
    const map = writer.beginMap();
    for (const [key, value] of error.info) {
      writer.symbol(key);
      if (typeof value === "string") writer.string(value);
      else writer.int(value);
    }
    writer.end(map, error.info.size * 2);
  }
  writer.end(mark, 3);
}

/** What a peer gives as its reason; only the parts that are worth logging. */
export function readAmqpError(reader: AmqpReader): AmqpErrorFields {
  reader.readDescriptor();
  const fields = new FieldReader(reader);
  const condition = fields.string() ?? "";
  const description = fields.string();
  fields.close();
  return { condition, description };
}
