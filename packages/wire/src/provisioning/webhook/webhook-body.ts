import type { AttestationProof, WebhookAnswer, WebhookRequest } from "@larimar/domain";
import type { JsonValue } from "@larimar/domain";
import { z } from "zod";
import { readJson } from "../../rest/read-json.ts";
import type { Reading } from "../../rest/reading.ts";
import { read } from "../../rest/reading.ts";
import { toCertificateInfoBody } from "../certificate-info.ts";
import { InitialTwinBody, toEnrollmentBody, toInitialTwin } from "../service/enrollment-body.ts";

/** What an operator's allocation is sent. (protocol reference: provisioning 8.2) */
export function toWebhookBody(
  { enrollment, registrationId, proof, payload, current, linkedHubs }: WebhookRequest,
  nowMs: number,
): Record<string, unknown> {
  const kind = enrollment.kind === "group" ? "enrollmentGroup" : "individualEnrollment";
  return {
    [kind]: toEnrollmentBody(enrollment, undefined, nowMs),
    deviceRuntimeContext: {
      registrationId,
      currentIotHubHostName: current?.hub,
      currentDeviceId: current?.deviceId,
      ...toRuntimeAttestation(proof),
      payload,
    },
    linkedHubs,
  };
}

/** No secrets: the webhook learns how the device proved itself, not what with. */
function toRuntimeAttestation(proof: AttestationProof): Record<string, unknown> {
  switch (proof.type) {
    case "symmetricKey":
      return { symmetricKey: {} };
    case "tpm": {
      const { endorsementKey, storageRootKey } = proof;
      return { tpm: { endorsementKey, storageRootKey } };
    }
    case "x509": {
      const primary = { certificate: proof.leaf.der, info: toCertificateInfoBody(proof.leaf) };
      return { x509: { clientCertificates: { primary } } };
    }
  }
}

/** What an operator's allocation answers. */
export const WebhookAnswerBody = z.object({
  iotHubHostName: z.string().min(1),
  initialTwin: InitialTwinBody.nullish(),
  payload: z.unknown().optional(),
});

export function readWebhookAnswer(json: unknown): Reading<WebhookAnswer> {
  const body = readJson(WebhookAnswerBody, json);
  if (body.kind === "invalid") return body;
  const { iotHubHostName, initialTwin, payload } = body.value;
  return read({
    iotHubHostName,
    initialTwin: initialTwin ? toInitialTwin(initialTwin) : undefined,
    payload: (payload ?? undefined) as JsonValue | undefined,
  });
}
