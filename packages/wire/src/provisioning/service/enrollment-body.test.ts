import { describe, expect, test } from "vitest";
import { readJson } from "../../rest/read-json.ts";
import { readItemEtag } from "./bulk-body.ts";
import {
  EnrollmentGroupBody,
  IndividualEnrollmentBody,
  toEnrollmentBody,
  toEnrollmentGroupInput,
  toIndividualEnrollmentInput,
} from "./enrollment-body.ts";
import { formatContinuation, parseContinuation, readPageSize } from "./query-body.ts";

const enrollment = {
  kind: "individual",
  id: "dev-1",
  etag: "e-1",
  createdAtMs: 0,
  updatedAtMs: 0,
  deviceId: undefined,
  optionalDeviceInformation: { model: "x" },
  attestation: { type: "symmetricKey", primaryKey: "cHJpbWFyeQ==", secondaryKey: "c2Vjb25k" },
  provisioningStatus: "enabled",
  capabilities: { iotEdge: true },
  iotHubHostName: undefined,
  iotHubs: ["hub1.test"],
  initialTwin: { tags: { a: 1 }, desired: { b: { c: null } } },
  reprovisionPolicy: { updateHubAssignment: true, migrateDeviceData: false },
  allocationPolicy: "custom",
  customAllocation: { webhookUrl: "https://a.test/", apiVersion: "2019-03-31" },
} as const;

function readIndividual(json: unknown) {
  const body = readJson(IndividualEnrollmentBody, json);
  if (body.kind === "invalid") throw new Error(body.problem);
  return toIndividualEnrollmentInput("dev-1", body.value);
}

describe("an enrollment", () => {
  test("is told without its keys, with its etag in quotes", () => {
    const body = toEnrollmentBody(enrollment, undefined, 0);
    expect(JSON.stringify(body)).not.toContain("cHJpbWFyeQ");
    expect(body).toMatchObject({
      registrationId: "dev-1",
      etag: '"e-1"',
      attestation: { type: "symmetricKey", symmetricKey: {} },
      initialTwin: { tags: { a: 1 }, properties: { desired: { b: { c: null } } } },
      customAllocationDefinition: { webhookUrl: "https://a.test/" },
    });
  });

  test("that is sent back as it was told stays what it is", () => {
    const told = JSON.parse(JSON.stringify(toEnrollmentBody(enrollment, undefined, 0))) as unknown;
    expect(readIndividual(told)).toEqual({
      id: "dev-1",
      attestation: { type: "symmetricKey", primaryKey: undefined, secondaryKey: undefined },
      deviceId: undefined,
      optionalDeviceInformation: { model: "x" },
      provisioningStatus: "enabled",
      capabilities: { iotEdge: true },
      iotHubHostName: undefined,
      iotHubs: ["hub1.test"],
      initialTwin: enrollment.initialTwin,
      reprovisionPolicy: enrollment.reprovisionPolicy,
      allocationPolicy: "custom",
      customAllocation: enrollment.customAllocation,
    });
  });

  test("may have null wherever something can be left out", () => {
    const names = Object.keys(IndividualEnrollmentBody.shape);
    const nothing = Object.fromEntries(names.map((name) => [name, null]));
    expect(readIndividual(nothing)).toEqual(readIndividual({}));
  });

  test("is read whatever the case of its words", () => {
    const input = readIndividual({
      ProvisioningStatus: "Disabled",
      allocationPolicy: "GeoLatency",
      attestation: { Type: "TPM", tpm: { EndorsementKey: "ZWs=" } },
    });
    expect(input).toMatchObject({
      provisioningStatus: "disabled",
      allocationPolicy: "geoLatency",
      attestation: { type: "tpm", endorsementKey: "ZWs=" },
    });
  });

  test("does not keep the bookkeeping of twins that clients have read", () => {
    const input = readIndividual({
      initialTwin: {
        tags: { $version: 1, site: "n" },
        properties: { desired: { $metadata: {}, $version: 3, rate: 5 } },
      },
    });
    expect(input.initialTwin).toEqual({ tags: { site: "n" }, desired: { rate: 5 } });
  });

  test.each([
    [{ provisioningStatus: "maybe" }],
    [{ attestation: { type: "magic" } }],
    [{ attestation: {} }],
    [{ iotHubs: "hub1.test" }],
    [{ initialTwin: { tags: [] } }],
    [{ capabilities: { iotEdge: "yes" } }],
    [{ optionalDeviceInformation: 7 }],
    ["text"],
    [null],
  ])("is refused when it is %o", (json) => {
    expect(readJson(IndividualEnrollmentBody, json).kind).toBe("invalid");
  });

  test.each(["clientCertificates", "signingCertificates"] as const)(
    "may say its %s by text or by what was told of them",
    (kind) => {
      const info = { sha256Thumbprint: "AA", subjectName: "CN=x" };
      const pair = { primary: { certificate: "pem", info: null }, secondary: { info } };
      const body = readJson(EnrollmentGroupBody, {
        attestation: { type: "x509", x509: { [kind]: pair, caReferences: null } },
      });
      if (body.kind === "invalid") throw new Error(body.problem);
      expect(toEnrollmentGroupInput("g", body.value).attestation).toMatchObject({
        [kind]: {
          primary: { certificate: "pem", sha256Thumbprint: undefined },
          secondary: { certificate: undefined, sha256Thumbprint: "AA" },
        },
      });
    },
  );
});

describe("the pages of a query", () => {
  test.each([
    [undefined, 0],
    ["", 0],
    ["25", 25],
    ["-1", undefined],
    ["many", undefined],
  ])("have a size: %j", (header, expected) => {
    expect(readPageSize(header)).toBe(expected);
  });

  test("go on where they say", () => {
    expect(parseContinuation(formatContinuation("dev:1"))).toEqual({
      kind: "read",
      value: "dev:1",
    });
    expect(parseContinuation(undefined)).toEqual({ kind: "read", value: undefined });
    expect(parseContinuation("something else").kind).toBe("invalid");
  });
});

test.each([
  ['"e"', "e"],
  ["e", "e"],
  ["", undefined],
  [null, undefined],
])("the etag of an item is read without the quotes of %j", (written, etag) => {
  expect(readItemEtag(written)).toBe(etag);
});
