import type { JsonValue } from "@larimar/domain";
import { z } from "zod";
import { readJson } from "../../rest/read-json.ts";
import type { Reading } from "../../rest/reading.ts";
import { invalid, read } from "../../rest/reading.ts";

/** What a device sends to register. (protocol reference: provisioning 2.2) */
export const RegisterBody = z.object({
  registrationId: z.string().nullish(),
  tpm: z
    .object({ endorsementKey: z.string().nullish(), storageRootKey: z.string().nullish() })
    .nullish(),
  payload: z.unknown().optional(),
});

export interface RegisterContent {
  readonly payload: JsonValue | undefined;
  readonly tpm: { readonly endorsementKey: string; readonly storageRootKey: string } | undefined;
}

/**
 * Reads the body of a registration, which may be empty. The id that counts is that of the path, topic or user
 * name; the body may repeat it but not contradict.
 */
export function readRegisterBody(text: string, registrationId: string): Reading<RegisterContent> {
  if (text.trim() === "") return read({ payload: undefined, tpm: undefined });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return invalid("the body is not JSON");
  }
  const body = readJson(RegisterBody, json);
  if (body.kind === "invalid") return body;
  const { registrationId: repeated, tpm, payload } = body.value;
  if (repeated && repeated.toLowerCase() !== registrationId.toLowerCase()) {
    return invalid("the body names another registration");
  }
  const { endorsementKey, storageRootKey } = tpm ?? {};
  return read({
    // One SDK always sends the member, with null for nothing.
    payload: (payload ?? undefined) as JsonValue | undefined,
    tpm: endorsementKey && storageRootKey ? { endorsementKey, storageRootKey } : undefined,
  });
}
