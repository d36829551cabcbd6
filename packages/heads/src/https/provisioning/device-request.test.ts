import { openTpmBlob, paperCertificate, paperText, presented } from "@larimar/domain/fixtures";
import { describe, expect, test } from "vitest";
import { ProvisioningHead } from "./provisioning-test.fixture.ts";

const key = Buffer.from("a key of the device's own").toString("base64");

async function start(): Promise<ProvisioningHead> {
  const head = await ProvisioningHead.start();
  await head.provisioning.service.individualEnrollments.put({
    id: "dev-1",
    attestation: { type: "symmetricKey", primaryKey: key },
  });
  return head;
}

const member = (json: unknown, name: string) => (json as Record<string, unknown>)[name];

describe("a device over HTTPS", () => {
  test("registers with 202, is told where and when to ask, and asks", async () => {
    await using head = await start();
    const token = head.deviceToken("dev-1", key);
    const begun = await head.register("dev-1", { token });
    const operationId = String(member(begun.json, "operationId"));
    expect(begun).toMatchObject({
      status: 202,
      json: { operationId, status: "assigning" },
      headers: {
        "retry-after": "3",
        "content-type": "application/json; charset=utf-8",
        "x-ms-request-id": expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        location: expect.stringContaining(
          `/${head.idScope}/registrations/dev-1/operations/${operationId}?api-version=2019-03-31`,
        ) as string,
      },
    });
    await head.settle();
    const ended = await head.poll("dev-1", operationId, token);
    expect(ended).toMatchObject({
      status: 200,
      json: {
        operationId,
        status: "assigned",
        registrationState: {
          registrationId: "dev-1",
          assignedHub: "hub1.test",
          deviceId: "dev-1",
          status: "assigned",
          substatus: "initialAssignment",
          symmetricKey: {},
        },
      },
    });
    expect(ended.headers["retry-after"]).toBeUndefined();
  });

  test("is told to go on asking while the work goes on", async () => {
    await using head = await start();
    const token = head.deviceToken("dev-1", key);
    head.provisioning.hubs.hold();
    const begun = await head.register("dev-1", { token });
    const operationId = String(member(begun.json, "operationId"));
    expect(await head.poll("dev-1", operationId, token)).toMatchObject({
      status: 202,
      headers: { "retry-after": "3" },
      json: {
        operationId,
        status: "assigning",
        registrationState: { registrationId: "dev-1", status: "assigning" },
      },
    });
    head.provisioning.hubs.release();
  });

  test("is told of a failed registration with 200, its number and its text", async () => {
    await using head = await start();
    head.provisioning.hubs.broken.add("hub1.test");
    const token = head.deviceToken("dev-1", key);
    const begun = await head.register("dev-1", { token });
    await head.settle();
    const operationId = String(member(begun.json, "operationId"));
    expect(await head.poll("dev-1", operationId, token)).toMatchObject({
      status: 200,
      json: {
        status: "failed",
        registrationState: {
          status: "failed",
          errorCode: 400_208,
          errorMessage: "hub1.test is broken",
        },
      },
    });
  });

  test("may encode its ids, and the scope in lower case", async () => {
    await using head = await ProvisioningHead.start();
    await head.provisioning.service.individualEnrollments.put({
      id: "dev:1",
      attestation: { type: "symmetricKey", primaryKey: key },
    });
    const target = `/${head.idScope.toLowerCase()}/registrations/dev%3A1/register?api-version=2021-06-01`;
    const answer = await head.send("PUT", target, { token: head.deviceToken("dev:1", key) });
    expect(answer.status).toBe(202);
  });

  test("may look at its registration without an operation", async () => {
    await using head = await start();
    const token = head.deviceToken("dev-1", key);
    const target = `/${head.idScope}/registrations/dev-1?api-version=2019-03-31`;
    const body = { registrationId: "dev-1" };
    expect(await head.send("POST", target, { token, body })).toMatchObject({
      status: 404,
      json: { errorCode: 404_201 },
    });
    await head.register("dev-1", { token });
    await head.settle();
    expect(await head.send("POST", target, { token, body })).toMatchObject({
      status: 200,
      json: { registrationId: "dev-1", status: "assigned", assignedHub: "hub1.test" },
    });
  });

  test.each([
    ["a wrong key", (head: ProvisioningHead) => head.deviceToken("dev-1", "d3Jvbmc=")],
    ["no token", () => ""],
    ["something else", () => "Bearer abc"],
    ["another device's token", (head: ProvisioningHead) => head.deviceToken("dev-2", key)],
  ])("is refused with %s, and not told why", async (_, tokenOf) => {
    await using head = await start();
    const answer = await head.register("dev-1", { token: tokenOf(head) });
    expect(answer).toMatchObject({
      status: 401,
      headers: { "x-ms-error-code": "401002" },
      json: {
        errorCode: 401_002,
        message: "Unauthorized",
        trackingId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        timestampUtc: expect.stringMatching(/Z$/) as string,
      },
    });
  });

  test("is refused in an unknown scope as with a wrong key", async () => {
    await using head = await start();
    const target = "/0ne00000000/registrations/dev-1/register?api-version=2019-03-31";
    const token = head.deviceToken("dev-1", key);
    expect(await head.send("PUT", target, { token })).toMatchObject({
      status: 401,
      json: { errorCode: 401_002, message: "Unauthorized" },
    });
  });

  test.each([
    ["without an api-version", "?other=1", "{}", 400],
    ["with a body that is not JSON", "?api-version=1", "{", 400],
    ["with a body for another device", "?api-version=1", '{"registrationId":"dev-2"}', 400],
    ["with a body that is not UTF-8", "?api-version=1", Buffer.from([0xff]), 400],
    [
      "with a body that is too large",
      "?api-version=1",
      `{"payload":"${"x".repeat(96 * 1024)}"}`,
      413,
    ],
    ["with a body that is far too large", "?api-version=1", "x".repeat(200 * 1024), 413],
  ])("is refused %s", async (_, query, body, status) => {
    await using head = await start();
    const target = `/${head.idScope}/registrations/dev-1/register${query}`;
    const token = head.deviceToken("dev-1", key);
    const answer = await head.send("PUT", target, { token, body });
    expect(answer).toMatchObject({ status, json: { errorCode: expect.any(Number) as number } });
  });

  test("is told when there are too many, and for how long", async () => {
    await using head = await ProvisioningHead.start({
      provisioning: { limits: { registrationsPerMinuteMax: 1 } },
    });
    await head.register("dev-1");
    expect(await head.register("dev-1")).toMatchObject({
      status: 429,
      headers: { "retry-after": "60" },
      json: { errorCode: 429_001 },
    });
  });

  test("with a certificate needs no token", async () => {
    const leaf = paperCertificate({ commonName: "dev-9" });
    await using head = await ProvisioningHead.start({ certificate: presented(leaf) });
    await head.provisioning.service.individualEnrollments.put({
      id: "dev-9",
      attestation: {
        type: "x509",
        clientCertificates: { primary: { certificate: paperText(leaf) } },
      },
    });
    // One SDK sends the header blank.
    const begun = await head.register("dev-9", { headers: { authorization: "" } });
    expect(begun.status).toBe(202);
    await head.settle();
    expect(await head.poll("dev-9", String(member(begun.json, "operationId")))).toMatchObject({
      json: {
        registrationState: { x509: { certificateInfo: { subjectName: "CN=dev-9" } } },
      },
    });
  });

  test("with a TPM is challenged with 401, and registers with its answer", async () => {
    await using head = await ProvisioningHead.start();
    const tpm = { endorsementKey: "ZWs=", storageRootKey: "c3Jr" };
    await head.provisioning.service.individualEnrollments.put({
      id: "dev-1",
      attestation: { type: "tpm", endorsementKey: tpm.endorsementKey },
    });
    const body = { registrationId: "dev-1", tpm };
    const challenge = await head.register("dev-1", { body });
    expect(challenge).toMatchObject({ status: 401, json: { keyName: "registration" } });
    const blob = String(member(challenge.json, "authenticationKey"));
    const token = head.deviceToken("dev-1", openTpmBlob(blob).key);
    const begun = await head.register("dev-1", { body, token });
    expect(begun.status).toBe(202);
    await head.settle();
    expect(
      await head.poll("dev-1", String(member(begun.json, "operationId")), token),
    ).toMatchObject({
      status: 200,
      json: { registrationState: { tpm: { authenticationKey: expect.any(String) as string } } },
    });
  });

  test("with a TPM that nobody enrolled is not found", async () => {
    await using head = await ProvisioningHead.start();
    const body = { tpm: { endorsementKey: "ZWs=", storageRootKey: "c3Jr" } };
    expect(await head.register("dev-1", { body })).toMatchObject({
      status: 404,
      json: { errorCode: 404_201 },
    });
  });

  test("is told that a path does not take its method", async () => {
    await using head = await start();
    const target = `/${head.idScope}/registrations/dev-1/register?api-version=1`;
    expect(await head.send("GET", target)).toMatchObject({ status: 405 });
  });
});
