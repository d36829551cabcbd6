import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createTestHub } from "../fixtures/index.fixture.ts";
import type { SasToken } from "./credentials.ts";

const NOW_SECONDS = Date.UTC(2030, 0, 1) / 1000;

function tokenFor(options: {
  resource: readonly string[];
  key: string;
  policyName?: string;
  expirySeconds?: number;
  keyReading?: "base64" | "utf8";
}): SasToken {
  const rawResource = options.resource.join("/");
  const rawExpiry = String(options.expirySeconds ?? NOW_SECONDS + 3600);
  return {
    rawResource,
    rawExpiry,
    expiresAtMs: Number(rawExpiry) * 1000,
    signature: createHmac("sha256", Buffer.from(options.key, options.keyReading ?? "base64"))
      .update(`${rawResource}\n${rawExpiry}`)
      .digest("base64"),
    policyName: options.policyName,
    resourceReadings: [options.resource],
  };
}

async function setUp() {
  const { hub } = createTestHub();
  const { device } = await hub.devices.create({ deviceId: "d1" });
  const { module } = await hub.modules.create({ deviceId: "d1", moduleId: "m1" });
  const policy = (name: string) => hub.settings.policies.find((p) => p.name === name)!;
  const keyOf = (authentication: typeof device.authentication) =>
    authentication.type === "sas" ? authentication.primaryKey : "";
  return {
    hub,
    policy,
    deviceKey: keyOf(device.authentication),
    moduleKey: keyOf(module.authentication),
  };
}

describe("a service token", () => {
  test("opens what its policy and resource allow", async () => {
    const { hub, policy } = await setUp();
    const token = tokenFor({
      resource: ["h"],
      key: policy("service").primaryKey,
      policyName: "service",
    });
    expect(
      hub.access.authorize({ token, right: "ServiceConnect", resource: ["messages", "events"] }),
    ).toMatchObject({ policyName: "service" });
  });

  test.each([
    ["a right it lacks", { policy: "service", right: "RegistryRead" }],
    ["a narrower resource", { policy: "iothubowner", resource: ["h", "devices", "d2"] }],
    [
      "a resource that only begins alike",
      { policy: "iothubowner", resource: ["h", "devices", "d"] },
    ],
    ["an expiry beyond the skew", { policy: "iothubowner", expirySeconds: NOW_SECONDS - 301 }],
  ] as const)("is refused for %s", async (_, options) => {
    const { hub, policy } = await setUp();
    const token = tokenFor({
      resource: "resource" in options ? options.resource : ["h"],
      key: policy(options.policy).primaryKey,
      policyName: options.policy,
      ...("expirySeconds" in options ? { expirySeconds: options.expirySeconds } : {}),
    });
    const right = "right" in options ? options.right : "RegistryRead";
    expect(() => hub.access.authorize({ token, right, resource: ["devices", "d1"] })).toThrow(
      expect.objectContaining({ code: "Unauthorized" }),
    );
  });

  test("is taken up to five minutes after its expiry", async () => {
    const { hub, policy } = await setUp();
    const token = tokenFor({
      resource: ["h"],
      key: policy("registryRead").secondaryKey,
      policyName: "registryRead",
      expirySeconds: NOW_SECONDS - 299,
    });
    expect(() =>
      hub.access.authorize({ token, right: "RegistryRead", resource: [] }),
    ).not.toThrow();
  });

  test("signed with the key's text opens only endpoints that allow that reading", async () => {
    const { hub, policy } = await setUp();
    const key = policy("service").primaryKey;
    const token = tokenFor({ resource: ["h"], key, policyName: "service", keyReading: "utf8" });
    const request = { token, right: "ServiceConnect", resource: ["local"] } as const;
    expect(() => hub.access.authorize(request)).toThrow();
    expect(() =>
      hub.access.authorize({ ...request, keyReadings: ["base64", "utf8"] }),
    ).not.toThrow();
  });
});

describe("a device or module", () => {
  test("proves itself with its own key", async () => {
    const { hub, deviceKey } = await setUp();
    const sasToken = tokenFor({ resource: ["h", "devices", "d1"], key: deviceKey });
    expect(await hub.access.authenticate({ deviceId: "d1" }, { sasToken })).toMatchObject({
      authMethod: { scope: "device", type: "sas" },
    });
  });

  test("proves itself with a policy that grants DeviceConnect", async () => {
    const { hub, policy } = await setUp();
    const token = (name: string) =>
      tokenFor({ resource: ["h", "devices"], key: policy(name).primaryKey, policyName: name });
    const key = { deviceId: "d1", moduleId: "m1" };
    await expect(
      hub.access.authenticate(key, { sasToken: token("device") }),
    ).resolves.toBeDefined();
    await expect(
      hub.access.authenticate(key, { sasToken: token("service") }),
    ).rejects.toMatchObject({
      code: "Unauthorized",
    });
  });

  test("cannot use the token of another identity", async () => {
    const { hub, deviceKey, moduleKey } = await setUp();
    const module = ["h", "devices", "d1", "modules", "m1"];
    const moduleToken = tokenFor({ resource: module, key: moduleKey });
    const deviceToken = tokenFor({ resource: ["h", "devices", "d1"], key: deviceKey });
    const authenticate = (key: { deviceId: string; moduleId?: string }, sasToken: SasToken) =>
      hub.access.authenticate(key, { sasToken });
    await expect(authenticate({ deviceId: "d1" }, moduleToken)).rejects.toThrow();
    await expect(authenticate({ deviceId: "d1", moduleId: "m1" }, deviceToken)).rejects.toThrow();
    await expect(
      authenticate({ deviceId: "d1", moduleId: "m1" }, moduleToken),
    ).resolves.toBeDefined();
  });

  test("hears that it is disabled only after it has proved itself", async () => {
    const { hub, deviceKey } = await setUp();
    await hub.devices.update({ deviceId: "d1", status: "disabled" }, "any");
    const sasToken = tokenFor({ resource: ["h", "devices", "d1"], key: deviceKey });
    const forged = { ...sasToken, signature: "c3Vy" };
    const authenticate = (token: SasToken) =>
      hub.access.authenticate({ deviceId: "d1" }, { sasToken: token });
    await expect(authenticate(sasToken)).rejects.toMatchObject({ code: "DeviceDisabled" });
    await expect(authenticate(forged)).rejects.toMatchObject({ code: "Unauthorized" });
  });

  test("with a certificate is known by either digest of either thumbprint, while it is valid", async () => {
    const { hub, clock } = createTestHub();
    const [sha1, sha256] = ["ab".repeat(20), "cd".repeat(32)];
    await hub.devices.create({
      deviceId: "x",
      authentication: {
        primaryThumbprint: sha1.toUpperCase(),
        secondaryThumbprint: "ef".repeat(32),
      },
    });
    const certificate = {
      sha1Thumbprint: sha1,
      sha256Thumbprint: sha256,
      subjectCommonName: "x",
      notBeforeMs: clock.now() - 1000,
      notAfterMs: clock.now() + 1000,
      chainDer: [],
    };
    const authenticate = (change: Partial<typeof certificate>) =>
      hub.access.authenticate({ deviceId: "x" }, { certificate: { ...certificate, ...change } });
    await expect(authenticate({})).resolves.toMatchObject({
      expiresAtMs: clock.now() + 1000,
    });
    await expect(authenticate({ sha1Thumbprint: "00".repeat(20) })).rejects.toThrow("not one of");
    await expect(authenticate({ notAfterMs: clock.now() })).rejects.toThrow("not valid");
    await expect(hub.access.authenticate({ deviceId: "x" }, {})).rejects.toThrow("no client cert");
  });
});
