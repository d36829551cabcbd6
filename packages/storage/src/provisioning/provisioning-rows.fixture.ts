import type {
  CaCertificate,
  EnrollmentGroup,
  IndividualEnrollment,
  ProvisioningSettings,
  Registration,
} from "@larimar/domain";

export function individual(
  id: string,
  etag: string,
  overrides: Partial<IndividualEnrollment> = {},
): IndividualEnrollment {
  return { ...common(id, etag), kind: "individual", ...INDIVIDUAL, ...overrides };
}

export function group(
  id: string,
  etag: string,
  overrides: Partial<EnrollmentGroup> = {},
): EnrollmentGroup {
  const { attestation } = INDIVIDUAL;
  return { ...common(id, etag), kind: "group", attestation, ...overrides };
}

const INDIVIDUAL = {
  attestation: { type: "symmetricKey", primaryKey: "cHJpbWFyeQ==", secondaryKey: "c2Vjb25k" },
  deviceId: "pump",
  optionalDeviceInformation: { model: "naïve", __proto__: null },
} as const;

function common(id: string, etag: string) {
  return {
    id,
    etag,
    createdAtMs: 1,
    updatedAtMs: 2,
    provisioningStatus: "enabled",
    capabilities: { iotEdge: false },
    iotHubHostName: "hub.test",
    iotHubs: ["hub.test"],
    initialTwin: { tags: { a: [1, null, "x"] }, desired: { b: { c: true } } },
    reprovisionPolicy: { updateHubAssignment: true, migrateDeviceData: false },
    allocationPolicy: "custom",
    customAllocation: { webhookUrl: "https://a.test/", apiVersion: "2019-03-31" },
  } as const;
}

export const certificate = {
  der: "MIIB",
  subjectCommonName: "dev-1",
  isCa: true,
  subjectName: "CN=dev-1",
  issuerName: "CN=ca",
  sha1Thumbprint: "A1",
  sha256Thumbprint: "A256",
  serialNumber: "01",
  version: 3,
  notBeforeMs: 1,
  notAfterMs: 2,
} as const;

export function registration(
  registrationId: string,
  etag: string,
  overrides: Partial<Registration> = {},
): Registration {
  return {
    registrationId,
    etag,
    createdAtMs: 1,
    updatedAtMs: 2,
    enrollmentGroupId: "Group",
    attestation: { type: "tpm", storageRootKey: "c3Jr", authenticationKey: "a2V5" },
    assignment: { hub: "hub.test", deviceId: "pump", substatus: "deviceDataMigrated" },
    failure: { code: "HubUnusable", message: "“gone”" },
    payload: { any: [1] },
    operations: [{ id: "5.0.0", expiresAtMs: 3 }],
    claim: {
      operationId: "5.0.0",
      expiresAtMs: 4,
      fingerprint: "f",
      target: { hub: "hub.test", deviceId: "pump" },
    },
    removals: [],
    ...overrides,
  };
}

export function caCertificate(name: string, etag: string): CaCertificate {
  return {
    name,
    etag,
    certificate,
    isVerified: false,
    verificationCode: "CODE",
    createdAtMs: 1,
    updatedAtMs: 2,
  };
}

export function provisioningSettings(name: string, etag: string): ProvisioningSettings {
  return {
    name,
    etag,
    createdAtMs: 1,
    idScope: "0ne0001",
    hostNames: ["localhost"],
    policies: [{ name: "p", primaryKey: "a", secondaryKey: "b", rights: ["EnrollmentRead"] }],
    allocationPolicy: "hashed",
    linkedHubs: [
      {
        hostName: "hub.test",
        aliases: ["old.test"],
        hubName: "hub",
        connectionString: "HostName=hub.test",
        location: "here",
        allocationWeight: 7,
        applyAllocationPolicy: true,
      },
    ],
    resource: { location: "here", resourceGroup: "group", units: 1, tags: {}, echoed: {} },
    isDeleted: false,
  };
}
