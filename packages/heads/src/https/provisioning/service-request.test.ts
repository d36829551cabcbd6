import { paperCertificate, paperText, TestDevice } from "@larimar/domain/fixtures";
import { beforeEach, afterEach, describe, expect, test } from "vitest";
import { ProvisioningHead } from "./provisioning-test.fixture.ts";

let head: ProvisioningHead;
beforeEach(async () => {
  head = await ProvisioningHead.start();
});
afterEach(() => head[Symbol.asyncDispose]());

const attestation = { type: "symmetricKey", symmetricKey: { primaryKey: "", secondaryKey: "" } };

describe("individual enrollments over REST", () => {
  test("are created, read, replaced and deleted", async () => {
    const path = "/enrollments/dev-1";
    const created = await head.asOwner("PUT", path, { registrationId: "dev-1", attestation });
    expect(created).toMatchObject({
      status: 200,
      json: {
        registrationId: "dev-1",
        provisioningStatus: "enabled",
        attestation: { type: "symmetricKey", symmetricKey: {} },
        etag: expect.stringMatching(/^".+"$/) as string,
      },
    });
    expect(await head.asOwner("GET", path)).toMatchObject({ status: 200, json: created.json });
    const { etag } = created.json as { etag: string };
    const disabled = { ...(created.json as object), provisioningStatus: "disabled" };
    expect(await head.asOwner("PUT", path, disabled, { "if-match": etag })).toMatchObject({
      status: 200,
      json: { provisioningStatus: "disabled" },
    });
    expect(await head.asOwner("PUT", path, disabled, { "if-match": etag })).toMatchObject({
      status: 412,
      json: { errorCode: 412_001 },
    });
    expect(await head.asOwner("DELETE", path, undefined, { "if-match": etag })).toMatchObject({
      status: 412,
    });
    expect(await head.asOwner("DELETE", path, undefined, { "if-match": "*" })).toMatchObject({
      status: 204,
      text: "",
    });
    expect(await head.asOwner("GET", path)).toMatchObject({
      status: 404,
      json: { errorCode: 404_201 },
    });
  });

  test("tell their keys only to those who ask for them", async () => {
    await head.asOwner("PUT", "/enrollments/dev-1", { attestation });
    const answer = await head.asOwner("POST", "/enrollments/dev-1/attestationmechanism");
    const { symmetricKey } = answer.json as { symmetricKey: { primaryKey: string } };
    expect(Buffer.from(symmetricKey.primaryKey, "base64")).toHaveLength(32);
  });

  test("tell how their device's registration stands, and so does the registration itself", async () => {
    const key = Buffer.from("a key of the device's own").toString("base64");
    const body = { attestation: { type: "symmetricKey", symmetricKey: { primaryKey: key } } };
    await head.asOwner("PUT", "/enrollments/dev-1", body);
    await TestDevice.withKey(head.provisioning, "dev-1", key).register();
    const record = { registrationId: "dev-1", status: "assigned", assignedHub: "hub1.test" };
    expect(await head.asOwner("GET", "/enrollments/dev-1")).toMatchObject({
      json: { registrationState: record },
    });
    expect(await head.asOwner("GET", "/registrations/DEV-1")).toMatchObject({ json: record });
    expect(await head.asOwner("DELETE", "/registrations/dev-1")).toMatchObject({ status: 204 });
    expect(await head.asOwner("GET", "/registrations/dev-1")).toMatchObject({ status: 404 });
  });

  test("come many at once, with a trailing slash, and fail one by one", async () => {
    await head.asOwner("PUT", "/enrollments/b", { attestation });
    const enrollments = ["a", "b"].map((registrationId) => ({ registrationId, attestation }));
    expect(
      await head.asOwner("POST", "/enrollments/", { mode: "create", enrollments }),
    ).toMatchObject({
      status: 200,
      json: {
        isSuccessful: false,
        errors: [{ registrationId: "b", errorCode: 409_001 }],
      },
    });
  });

  test("are found page by page", async () => {
    for (const id of ["a", "b", "c"])
      await head.asOwner("PUT", `/enrollments/${id}`, { attestation });
    const query = { query: "SELECT * FROM enrollments" };
    const size = { "x-ms-max-item-count": "2" };
    const first = await head.asOwner("POST", "/enrollments/query", query, size);
    expect(first).toMatchObject({
      status: 200,
      headers: { "x-ms-item-type": "enrollment" },
      json: [{ registrationId: "a" }, { registrationId: "b" }],
    });
    const continuation = { "x-ms-continuation": String(first.headers["x-ms-continuation"]) };
    const last = await head.asOwner("POST", "/enrollments/query", query, continuation);
    expect(last.json).toMatchObject([{ registrationId: "c" }]);
    expect(last.headers["x-ms-continuation"]).toBeUndefined();
  });
});

describe("enrollment groups over REST", () => {
  test("are created, listed and asked for their keys, in either case", async () => {
    const body = { enrollmentGroupId: "Group", attestation };
    expect(await head.asOwner("PUT", "/enrollmentGroups/Group", body)).toMatchObject({
      status: 200,
      json: { enrollmentGroupId: "Group" },
    });
    const query = { query: "select * from enrollmentGroups" };
    expect(await head.asOwner("POST", "/enrollmentgroups/query", query)).toMatchObject({
      headers: { "x-ms-item-type": "enrollmentGroup" },
      json: [{ enrollmentGroupId: "Group" }],
    });
    expect(
      await head.asOwner("POST", "/enrollmentgroups/group/attestationmechanism"),
    ).toMatchObject({ status: 200, json: { type: "symmetricKey" } });
    const bulk = { mode: "delete", enrollmentGroups: [body] };
    expect(await head.asOwner("POST", "/enrollmentGroups", bulk)).toMatchObject({
      json: { isSuccessful: true, errors: [] },
    });
  });

  test("tell what is in their certificates, not the certificates", async () => {
    const ca = paperCertificate({ commonName: "ca", isCa: true });
    const primary = { certificate: paperText(ca) };
    const body = { attestation: { type: "x509", x509: { signingCertificates: { primary } } } };
    const created = await head.asOwner("PUT", "/enrollmentGroups/g", body);
    expect(created.json).toMatchObject({
      attestation: {
        x509: { signingCertificates: { primary: { info: { subjectName: "CN=ca" } } } },
      },
    });
    expect(created.text).not.toContain(paperText(ca));
    // Sent back as it was told.
    expect(await head.asOwner("PUT", "/enrollmentGroups/g", created.json as object)).toMatchObject({
      status: 200,
    });
  });

  test("tell which devices they let in, whatever the query says after FROM", async () => {
    const key = Buffer.from("a key of the whole group").toString("base64");
    const body = { attestation: { type: "symmetricKey", symmetricKey: { primaryKey: key } } };
    await head.asOwner("PUT", "/enrollmentGroups/g", body);
    for (const id of ["a", "b"]) await TestDevice.ofGroup(head.provisioning, id, key).register();
    const query = { query: "SELECT * FROM enrollmentGroups" };
    expect(await head.asOwner("POST", "/registrations/G/query", query)).toMatchObject({
      headers: { "x-ms-item-type": "deviceRegistration" },
      json: [{ registrationId: "a" }, { registrationId: "b" }],
    });
  });
});

describe("the service API", () => {
  test.each([
    ["a body that is not JSON", "PUT", "/enrollments/a", "{", 400],
    ["a word that it does not know", "PUT", "/enrollments/a", { provisioningStatus: "x" }, 400],
    ["no attestation", "PUT", "/enrollments/a", {}, 400],
    ["another id in the body", "PUT", "/enrollments/a", { registrationId: "b", attestation }, 400],
    ["an id that cannot be one", "PUT", "/enrollments/a*", { attestation }, 400],
    ["a query that cannot be read", "POST", "/enrollments/query", { query: "drop" }, 400],
    ["a mode that it does not know", "POST", "/enrollments", { mode: "x", enrollments: [] }, 400],
    ["nothing to change", "DELETE", "/enrollments/a", undefined, 404],
  ])("refuses %s", async (_, method, path, body, status) => {
    const answer = await head.asOwner(method, path, body as object);
    expect(answer).toMatchObject({ status, json: { errorCode: expect.any(Number) as number } });
  });

  test("refuses page sizes and continuations that are none", async () => {
    const query = { query: "SELECT * FROM enrollments" };
    for (const name of ["x-ms-max-item-count", "x-ms-continuation"]) {
      const answer = await head.asOwner("POST", "/enrollments/query", query, { [name]: "-1" });
      expect(answer.status).toBe(400);
    }
  });

  test("lets nobody in without a token, and tells them nothing", async () => {
    const answer = await head.send("GET", "/enrollments/dev-1?api-version=2021-10-01");
    expect(answer).toMatchObject({ status: 401, json: { message: "Unauthorized" } });
  });

  test("leaves the paths of hubs alone", async () => {
    expect(await head.send("GET", "/devices/dev-1")).toMatchObject({
      status: 401,
      headers: { "iothub-errorcode": "IotHubUnauthorizedAccess" },
    });
  });
});
