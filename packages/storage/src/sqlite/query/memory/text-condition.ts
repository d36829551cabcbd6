import type { Expression } from "@larimar/domain";
import type { MemoryKey } from "../../twins/memory-column.ts";
import type { TextSignature } from "../../twins/text-signature.ts";
import { SIGNED_LENGTH_MIN, signatureOf } from "../../twins/text-signature.ts";
import { placeOf } from "../scan/place-of.ts";

/** Holds of texts at a place whose signatures have these bits, and perhaps not of all of those. */
export interface TextCondition extends MemoryKey {
  readonly kind: "texts";
  readonly bits: TextSignature;
}

/** Undefined for what does not look for a part of a text, and for parts too short for a bit. */
export function textCondition(expression: Expression): TextCondition | undefined {
  if (expression.kind !== "call") return undefined;
  const [field, part] = expression.operands;
  switch (expression.name) {
    case "CONTAINS":
    case "STARTSWITH":
    case "ENDSWITH": {
      const place = placeOf(field);
      if (place === undefined || part?.kind !== "literal" || typeof part.value !== "string") {
        return undefined;
      }
      if (part.value.length < SIGNED_LENGTH_MIN) return undefined;
      return { kind: "texts", place, bits: signatureOf(part.value) };
    }
    default:
      return undefined;
  }
}
