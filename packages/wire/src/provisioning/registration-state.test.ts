import type { Registration } from "@larimar/domain";
import { describe, expect, test } from "vitest";
import { operationHttpStatus, toOperationStatus } from "./device/operation-status.ts";
import {
  RegistrationState,
  toRegistrationRecord,
  toRegistrationState,
} from "./registration-state.ts";

const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);
const base64 = (text: string) => Buffer.from(text).toString("base64");

const info = {
  subjectName: "CN=dev-1",
  issuerName: "CN=ca",
  sha1Thumbprint: "A1",
  sha256Thumbprint: "A256",
  serialNumber: "01",
  version: 3,
  notBeforeMs: nowMs,
  notAfterMs: nowMs,
};

function registration(overrides: Partial<Registration> = {}): Registration {
  return {
    registrationId: "dev-1",
    etag: "e-1",
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    enrollmentGroupId: "group",
    attestation: { type: "symmetricKey" },
    assignment: { hub: "hub1.test", deviceId: "dev-1", substatus: "initialAssignment" },
    failure: undefined,
    payload: undefined,
    operations: [],
    claim: undefined,
    removals: [],
    ...overrides,
  };
}

const claim = { operationId: "op", expiresAtMs: nowMs + 1, fingerprint: "", target: undefined };

describe("a registration as its device reads it", () => {
  test("has hub, device and substatus when assigned, and no payload where there is none", () => {
    const state = toRegistrationState(registration({ payload: null }), nowMs, base64);
    expect(state).toEqual({
      registrationId: "dev-1",
      status: "assigned",
      substatus: "initialAssignment",
      assignedHub: "hub1.test",
      deviceId: "dev-1",
      createdDateTimeUtc: "2026-01-02T03:04:05.0000000Z",
      lastUpdatedDateTimeUtc: "2026-01-02T03:04:05.0000000Z",
      etag: base64('"e-1"'),
      symmetricKey: { enrollmentGroupId: "group" },
    });
    expect(RegistrationState.parse(state)).toEqual(state);
  });

  test("has what a webhook had to say", () => {
    const state = toRegistrationState(registration({ payload: { a: 1 } }), nowMs, base64);
    expect(state.payload).toEqual({ a: 1 });
  });

  test("has the sealed key of a TPM", () => {
    const attestation = { type: "tpm", storageRootKey: "c3Jr", authenticationKey: "a2V5" } as const;
    const state = toRegistrationState(registration({ attestation }), nowMs, base64);
    expect(state.tpm).toEqual({ authenticationKey: "a2V5" });
    expect(state.symmetricKey).toBeUndefined();
  });

  test("has the certificates that counted, whole", () => {
    const attestation = { type: "x509", certificate: info, signer: info } as const;
    const state = toRegistrationState(registration({ attestation }), nowMs, base64);
    expect(Object.keys(state.x509?.certificateInfo ?? {}).toSorted()).toEqual([
      "issuerName",
      "notAfterUtc",
      "notBeforeUtc",
      "serialNumber",
      "sha1Thumbprint",
      "sha256Thumbprint",
      "subjectName",
      "version",
    ]);
    expect(state.x509).toMatchObject({ enrollmentGroupId: "group", signingCertificateInfo: {} });
  });

  test("has number and text of a failure, and no hub from before", () => {
    const failure = { code: "HubUnusable", message: "gone" } as const;
    const state = toRegistrationState(registration({ failure }), nowMs, base64);
    expect(state).toMatchObject({ status: "failed", errorCode: 400_208, errorMessage: "gone" });
    expect(state.assignedHub).toBeUndefined();
  });
});

describe("an operation as its device reads it", () => {
  test("is 202 with both members that clients insist on while it goes on", () => {
    const operation = {
      kind: "operation",
      operationId: "op",
      status: "assigning",
      registration: registration({ claim }),
      retryAfterS: 3,
    } as const;
    expect(operationHttpStatus(operation)).toBe(202);
    expect(toOperationStatus(operation, nowMs, base64)).toEqual({
      operationId: "op",
      status: "assigning",
      registrationState: { registrationId: "dev-1", status: "assigning" },
    });
  });

  test("is 200 with the registration's state at its end, also when it failed", () => {
    const failed = registration({ failure: { code: "WebhookFailed", message: "500" } });
    const operation = {
      kind: "operation",
      operationId: "op",
      status: "failed",
      registration: failed,
      retryAfterS: undefined,
    } as const;
    expect(operationHttpStatus(operation)).toBe(200);
    expect(toOperationStatus(operation, nowMs, base64)).toMatchObject({
      operationId: "op",
      status: "failed",
      registrationState: { registrationId: "dev-1", status: "failed", errorCode: 400_207 },
    });
  });
});

describe("a registration as service clients read it", () => {
  test("has its etag in quotes and nothing about the attestation", () => {
    const record = toRegistrationRecord(registration(), nowMs);
    expect(record).toMatchObject({ etag: '"e-1"', status: "assigned", deviceId: "dev-1" });
    expect(record.symmetricKey).toBeUndefined();
  });

  test("has failed when its server did not come back to it", () => {
    const record = toRegistrationRecord(registration({ claim }), nowMs + 1);
    expect(record).toMatchObject({ status: "failed", errorCode: 500_001 });
  });
});
