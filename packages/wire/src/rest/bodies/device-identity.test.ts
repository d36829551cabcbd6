import type { Authentication, Device, Presence } from "@larimar/domain";
import { describe, expect, test } from "vitest";
import { DeviceBody, DeviceIdentity, toDeviceIdentity, toDeviceInput } from "./device-identity.ts";
import { readJson } from "../read-json.ts";

const device: Device = {
  deviceId: "d1",
  generationId: "640290528000000001",
  etag: "MTIzNDU2Nzg5",
  status: "enabled",
  statusReason: undefined,
  statusUpdatedAtMs: 0,
  authentication: { type: "sas", primaryKey: "cHJpbWFyeQ==", secondaryKey: "c2Vjb25kYXJ5" },
  capabilities: { iotEdge: false },
  deviceScope: undefined,
  parentScopes: [],
};
const never: Presence = { isConnected: false, connectionStateUpdatedAtMs: 0, lastActivityAtMs: 0 };

const identityOf = (changes: Partial<Device> = {}, presence: Presence = never) =>
  toDeviceIdentity({ device: { ...device, ...changes }, presence }, 3);

const inputOf = (body: unknown) => {
  const reading = readJson(DeviceBody, body);
  if (reading.kind === "invalid") throw new Error(reading.problem);
  return toDeviceInput("d1", reading.value);
};

describe("the identity of a device", () => {
  test("is written exactly as clients know it", () => {
    expect(identityOf()).toEqual({
      deviceId: "d1",
      generationId: "640290528000000001",
      etag: "MTIzNDU2Nzg5",
      connectionState: "Disconnected",
      status: "enabled",
      statusReason: null,
      connectionStateUpdatedTime: "0001-01-01T00:00:00Z",
      statusUpdatedTime: "0001-01-01T00:00:00Z",
      lastActivityTime: "0001-01-01T00:00:00Z",
      cloudToDeviceMessageCount: 3,
      authentication: {
        symmetricKey: { primaryKey: "cHJpbWFyeQ==", secondaryKey: "c2Vjb25kYXJ5" },
        x509Thumbprint: { primaryThumbprint: null, secondaryThumbprint: null },
        type: "sas",
      },
      capabilities: { iotEdge: false },
      parentScopes: [],
    });
  });

  test("tells of the connection and of changes of the status", () => {
    const atMs = Date.UTC(2030, 0, 1);
    const presence = {
      isConnected: true,
      connectionStateUpdatedAtMs: atMs,
      lastActivityAtMs: atMs + 1,
    };
    const changes = { status: "disabled", statusReason: "lost", statusUpdatedAtMs: atMs } as const;
    expect(identityOf(changes, presence)).toMatchObject({
      connectionState: "Connected",
      connectionStateUpdatedTime: "2030-01-01T00:00:00.000Z",
      lastActivityTime: "2030-01-01T00:00:00.001Z",
      status: "disabled",
      statusReason: "lost",
      statusUpdatedTime: "2030-01-01T00:00:00.000Z",
    });
  });

  test.each<[Authentication, unknown]>([
    [
      { type: "selfSigned", primaryThumbprint: "AB", secondaryThumbprint: undefined },
      { primaryThumbprint: "AB", secondaryThumbprint: null },
    ],
    [{ type: "certificateAuthority" }, { primaryThumbprint: null, secondaryThumbprint: null }],
    [{ type: "none" }, { primaryThumbprint: null, secondaryThumbprint: null }],
  ])(
    "has both objects for credentials, empty or not, with %j",
    (authentication, x509Thumbprint) => {
      expect(identityOf({ authentication }).authentication).toEqual({
        type: authentication.type,
        symmetricKey: { primaryKey: null, secondaryKey: null },
        x509Thumbprint,
      });
    },
  );

  test("is what its schema says", () => {
    expect(DeviceIdentity.parse(identityOf())).toEqual(identityOf());
  });

  test("may be sent back as it was read", () => {
    expect(inputOf(identityOf())).toEqual({
      deviceId: "d1",
      status: "enabled",
      statusReason: undefined,
      authentication: {
        type: "sas",
        primaryKey: "cHJpbWFyeQ==",
        secondaryKey: "c2Vjb25kYXJ5",
        primaryThumbprint: undefined,
        secondaryThumbprint: undefined,
      },
      capabilities: { iotEdge: false },
      deviceScope: undefined,
      parentScopes: [],
    });
  });
});

describe("the body of a device", () => {
  test("that says nothing decides nothing", () => {
    const nothing = {
      deviceId: "d1",
      status: undefined,
      statusReason: undefined,
      authentication: undefined,
      capabilities: undefined,
    };
    expect(inputOf({})).toEqual(nothing);
    const nulls = { status: null, statusReason: null, authentication: null, capabilities: null };
    expect(inputOf(nulls)).toEqual(nothing);
  });

  test("keeps the empty keys by which a client asks for new ones", () => {
    const symmetricKey = { primaryKey: "", secondaryKey: "" };
    expect(inputOf({ authentication: { symmetricKey } }).authentication).toMatchObject({
      primaryKey: "",
      secondaryKey: "",
    });
  });

  test("takes the type of its credentials whatever the case", () => {
    expect(inputOf({ Authentication: { Type: "SelfSigned" } }).authentication?.type).toBe(
      "selfSigned",
    );
  });

  test("takes capabilities without a word about the edge as none", () => {
    expect(inputOf({ capabilities: {} }).capabilities).toEqual({ iotEdge: false });
  });

  test.each([
    { status: "on" },
    { statusReason: 5 },
    { authentication: "sas" },
    { authentication: { type: "token" } },
    { authentication: { symmetricKey: "key" } },
    { authentication: { symmetricKey: { primaryKey: 5 } } },
    { authentication: { x509Thumbprint: { primaryThumbprint: {} } } },
    { capabilities: { iotEdge: "yes" } },
    { deviceScope: 1 },
    { parentScopes: "scope" },
  ])("is refused when it reads %j", (body) => {
    expect(readJson(DeviceBody, body).kind).toBe("invalid");
  });
});
