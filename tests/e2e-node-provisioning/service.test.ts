import { randomBytes } from "node:crypto";
import type { TestServer } from "@larimar/testkit";
import { makeTestCertificate, startTestServer } from "@larimar/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cell } from "../grid/cell.ts";
import type { Feature } from "../grid/features.ts";
import { derivedKey } from "../support/provisioning/derived-key.ts";
import { ProvisioningClient } from "../support/provisioning/provisioning-client.ts";

// The clients know no other ports than 443, 8883 and 5671.
const ADDRESS = "127.0.0.101";
const DEVICES = 5;

let server: TestServer;
let clients: ProvisioningClient;

beforeAll(async () => {
  server = await startTestServer({
    config: { bind: [ADDRESS], host: [ADDRESS], httpsPort: 443, mqttPort: 8883, amqpPort: 5671 },
  });
  clients = new ProvisioningClient(server.connection);
});
afterAll(async () => {
  await clients?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
});

const shows = (feature: Feature<"provisioning service">) =>
  cell({ sdk: "azure-iot-provisioning-service (Node)", transport: "HTTPS", feature });

type Body = Record<string, unknown> & { readonly etag: string };

/** What the client answered, which it has to. */
async function call(method: string, ...args: unknown[]): Promise<Body> {
  const outcome = await clients.service(method, ...args);
  if ("error" in outcome) throw new Error(`${method}: ${outcome.error}: ${outcome.message}`);
  return outcome.result as Body;
}

async function pagesOf(method: string, ...args: unknown[]): Promise<Body[][]> {
  return (await call(method, ...args))["pages"] as Body[][];
}

const refusal = (status: number, errorCode: number) =>
  expect.objectContaining({ status, errorCode }) as unknown;

const keys = (symmetricKey = {}) => ({ type: "symmetricKey", symmetricKey });
const newKey = () => randomBytes(32).toString("base64");

const individual = {
  put: "createOrUpdateIndividualEnrollment",
  get: "getIndividualEnrollment",
  delete: "deleteIndividualEnrollment",
  attestation: "getIndividualEnrollmentAttestationMechanism",
  idOf: (id: string) => ({ registrationId: id }),
};
const group = {
  put: "createOrUpdateEnrollmentGroup",
  get: "getEnrollmentGroup",
  delete: "deleteEnrollmentGroup",
  attestation: "getEnrollmentGroupAttestationMechanism",
  idOf: (id: string) => ({ enrollmentGroupId: id }),
};

describe.each([
  ["individual enrollments", individual],
  ["enrollment groups", group],
] as const)("%s", (feature, methods) => {
  test(
    "are created, read, changed and deleted, each change with the ETag of the last",
    shows(feature),
    async () => {
      const id = methods.idOf("crud");
      const wanted = {
        ...id,
        attestation: keys({ primaryKey: newKey(), secondaryKey: newKey() }),
        initialTwin: { tags: { line: 4 }, properties: { desired: { speed: 1 } } },
        capabilities: { iotEdge: true },
        reprovisionPolicy: { updateHubAssignment: false, migrateDeviceData: true },
        allocationPolicy: "static",
        iotHubs: [ADDRESS],
      };
      const created = await call(methods.put, wanted);
      expect(created).toMatchObject({ ...wanted, attestation: keys() });
      expect(created).toMatchObject({ provisioningStatus: "enabled" });
      expect(created.etag).toMatch(/^".+"$/);
      expect(await call(methods.get, "crud")).toEqual(created);

      const disabled = { ...created, provisioningStatus: "disabled" };
      const changed = await call(methods.put, disabled);
      expect(changed).toMatchObject({ ...wanted, attestation: keys(), ...id });
      expect(changed["provisioningStatus"]).toBe("disabled");
      expect(changed.etag).not.toBe(created.etag);

      const tooLate = refusal(412, 412001);
      expect(await clients.service(methods.put, disabled)).toEqual(tooLate);
      expect(await clients.service(methods.delete, "crud", created.etag)).toEqual(tooLate);
      expect(await clients.service(methods.delete, created)).toEqual(tooLate);
      await call(methods.delete, "crud", changed.etag);

      const gone = refusal(404, 404201);
      expect(await clients.service(methods.get, "crud")).toEqual(gone);
      expect(await clients.service(methods.delete, "crud")).toEqual(gone);
      expect(await clients.service(methods.put, changed)).toEqual(gone);
    },
  );

  test("keep their keys to themselves, except when asked for them", shows(feature), async () => {
    const id = methods.idOf("secrets");
    const attestation = keys({ primaryKey: newKey(), secondaryKey: newKey() });
    const created = await call(methods.put, { ...id, attestation });
    expect(created["attestation"]).toEqual(keys());
    // Written back as it was read, it is as it was.
    await call(methods.put, created);
    expect(await call(methods.attestation, "secrets")).toEqual(attestation);
    await call(methods.put, { ...methods.idOf("made"), attestation: keys() });
    const { symmetricKey } = await call(methods.attestation, "made");
    for (const key of Object.values(symmetricKey as Record<string, string>)) {
      expect(Buffer.from(key, "base64").length).toBeGreaterThanOrEqual(32);
    }
    expect(await clients.service(methods.attestation, "nobody")).toEqual(refusal(404, 404201));
  });

  test("find each other whatever case their ids are in", async () => {
    await call(methods.put, { ...methods.idOf("Case-1"), attestation: keys() });
    expect(await call(methods.get, "cASE-1")).toMatchObject(methods.idOf("Case-1"));
  });

  test.each([
    ["nothing to attest with", {}],
    ["an attestation of type none", { attestation: { type: "none" } }],
    ["an attestation of no known type", { attestation: { type: "handshake" } }],
    ["a key that is not base64", { attestation: keys({ primaryKey: "not base64!" }) }],
    ["a key that is too short", { attestation: keys({ primaryKey: "c2hvcnQ=" }) }],
    ["an endorsement key that is none", { attestation: { type: "tpm", tpm: {} } }],
    ["a certificate that is none", { attestation: signing("AAAA") }],
    ["certificates of no kind", { attestation: { type: "x509", x509: {} } }],
    ["a status that is none", { attestation: keys(), provisioningStatus: "asleep" }],
    ["an allocation policy that is none", { attestation: keys(), allocationPolicy: "dice" }],
    ["a webhook without URL", { attestation: keys(), allocationPolicy: "custom" }],
    [
      "one static hub that is two",
      { attestation: keys(), allocationPolicy: "static", iotHubs: ["one.test", "two.test"] },
    ],
    [
      "a twin that no hub would take",
      { attestation: keys(), initialTwin: { tags: { big: "x".repeat(40_000) } } },
    ],
  ])("are refused with %s", async (_what, members) => {
    const outcome = await clients.service(methods.put, { ...methods.idOf("bad"), ...members });
    expect(outcome).toEqual(refusal(400, 400004));
    expect(await clients.service(methods.get, "bad")).toEqual(refusal(404, 404201));
  });

  test.each([["has blanks"], ["-begins"], ["ümlaut"], ["x".repeat(129)]])(
    "are refused with the id %j",
    async (id) => {
      const outcome = await clients.service(methods.put, {
        ...methods.idOf(id),
        attestation: keys(),
      });
      expect(outcome).toEqual(refusal(400, 400004));
    },
  );
});

function signing(certificate: string) {
  return { type: "x509", x509: { signingCertificates: { primary: { certificate } } } };
}

test("an X.509 enrollment tells what is in its certificates, not the certificates", async () => {
  const certificate = await makeTestCertificate({ commonName: "own", isCa: true });
  for (const text of [
    certificate.certPem,
    certificate.der,
    Buffer.from(certificate.certPem).toString("base64"),
  ]) {
    const { attestation } = await call(group.put, {
      ...group.idOf("x509"),
      attestation: signing(text),
    });
    expect(attestation).toMatchObject(signingInfo({ subjectName: "CN=own", issuerName: "CN=own" }));
    expect(JSON.stringify(attestation)).not.toContain(certificate.der.slice(0, 100));
  }
  // Written back without the certificate, which nobody was told.
  const read = await call(group.get, "x509");
  expect(await call(group.put, read)).toMatchObject({ attestation: read["attestation"] });
});

function signingInfo(info: object) {
  const primary = { info: expect.objectContaining(info) as unknown };
  const signingCertificates = expect.objectContaining({ primary }) as unknown;
  return { type: "x509", x509: { signingCertificates } };
}

test("what only single devices have is refused for a group", async () => {
  const { certPem } = await makeTestCertificate({ commonName: "leaf" });
  const own = { clientCertificates: { primary: { certificate: certPem } } };
  for (const attestation of [
    { type: "tpm", tpm: { endorsementKey: newKey() } },
    { type: "x509", x509: own },
  ]) {
    const outcome = await clients.service(group.put, { ...group.idOf("odd"), attestation });
    expect(outcome).toEqual(refusal(400, 400004));
  }
});

describe("enrollments in bulk", () => {
  const bulk = (mode: string, ...enrollments: unknown[]) =>
    clients.service("runBulkEnrollmentOperation", { mode, enrollments });
  const fine = { result: expect.objectContaining({ isSuccessful: true }) as unknown };
  const enrollment = (registrationId: string, members = {}) => ({
    registrationId,
    attestation: keys(),
    ...members,
  });

  test(
    "are created, changed with and without ETags, and deleted",
    shows("enrollments in bulk"),
    async () => {
      const ids = ["bulk-1", "bulk-2", "bulk-3"];
      expect(await bulk("create", ...ids.map((id) => enrollment(id)))).toEqual(fine);
      const disabled = ids.map((id) => enrollment(id, { provisioningStatus: "disabled" }));
      expect(await bulk("update", ...disabled)).toEqual(fine);
      const read = await Promise.all(ids.map((id) => call(individual.get, id)));
      expect(read.map((one) => one["provisioningStatus"])).toEqual(ids.map(() => "disabled"));
      const enabled = read.map((one) => ({ ...one, provisioningStatus: "enabled" }));
      expect(await bulk("updateIfMatchETag", ...enabled)).toEqual(fine);
      expect(await bulk("updateIfMatchETag", ...enabled)).toMatchObject({
        result: { isSuccessful: false, errors: ids.map((registrationId) => ({ registrationId })) },
      });
      expect(await bulk("delete", ...ids.map((id) => enrollment(id)))).toEqual(fine);
      expect(await clients.service(individual.get, "bulk-2")).toEqual(refusal(404, 404201));
    },
  );

  test("say which of them failed, and why, and do the others", async () => {
    await call(individual.put, enrollment("there"));
    const bad = { registrationId: "bulk-bad", attestation: { type: "none" } };
    expect(await bulk("create", enrollment("there"), bad, enrollment("new"))).toMatchObject({
      result: {
        isSuccessful: false,
        errors: [
          { registrationId: "there", errorCode: 409001 },
          { registrationId: "bulk-bad", errorCode: 400004 },
        ],
      },
    });
    expect(await call(individual.get, "new")).toMatchObject({ registrationId: "new" });
  });

  test("are refused when there are too many, or when they are to be what nobody knows", async () => {
    const many = Array.from({ length: 11 }, (_, index) => enrollment(`many-${index}`));
    expect(await bulk("create", ...many)).toEqual(refusal(400, 400004));
    expect(await bulk("upsert", enrollment("many-1"))).toEqual(refusal(400, 400004));
    expect(await clients.service(individual.get, "many-1")).toEqual(refusal(404, 404201));
  });
});

describe("registrations", () => {
  const groupKey = newKey();
  const ids = Array.from({ length: DEVICES }, (_, index) => `registered-${index}`);

  beforeAll(async () => {
    const attestation = keys({ primaryKey: groupKey, secondaryKey: newKey() });
    await call(group.put, { ...group.idOf("fleet"), attestation });
    const registrations = ids.map((registrationId) => {
      const security = { kind: "key", key: derivedKey(groupKey, registrationId) } as const;
      return clients.register({ transport: "Mqtt", registrationId, security });
    });
    for (const outcome of await Promise.all(registrations)) {
      if ("error" in outcome) throw new Error(outcome.message);
    }
  });

  test("are read, and forgotten with the right ETag", shows("registration states"), async () => {
    const state = await call("getDeviceRegistrationState", "registered-0");
    expect(state).toMatchObject({
      registrationId: "registered-0",
      deviceId: "registered-0",
      assignedHub: ADDRESS,
      status: "assigned",
      substatus: "initialAssignment",
    });
    const remove = (...args: unknown[]) =>
      clients.service("deleteDeviceRegistrationState", ...args);
    expect(await remove("registered-0", '"another"')).toEqual(refusal(412, 412001));
    expect(await remove(state)).toHaveProperty("result");
    expect(await remove("registered-0")).toEqual(refusal(404, 404201));
    // The identity in the hub is somebody else's business.
    const path = "/devices/registered-0";
    expect((await server.client().call({ method: "GET", path })).status).toBe(200);
  });

  test("of a group are found, page by page", shows("registration states"), async () => {
    const query = { query: "SELECT * FROM registrations" };
    const method = "createEnrollmentGroupDeviceRegistrationStateQuery";
    const pages = await pagesOf(method, query, "fleet", 3);
    expect(pages.map((page) => page.length)).toEqual([3, DEVICES - 1 - 3]);
    const found = pages.flat().map((state) => String(state["registrationId"]));
    expect(found.toSorted()).toEqual(ids.slice(1));
    expect(await pagesOf(method, query, "nobody")).toEqual([[]]);
  });
});

describe("queries", () => {
  const total = 23;

  beforeAll(async () => {
    for (let from = 0; from < total; from += 10) {
      const enrollments = Array.from({ length: Math.min(10, total - from) }, (_, index) => ({
        registrationId: `query-${String(from + index).padStart(2, "0")}`,
        deviceId: from + index < 5 ? "few" : "many",
        attestation: keys(),
      }));
      await call("runBulkEnrollmentOperation", { mode: "create", enrollments });
    }
  });

  test("find every enrollment once, page by page", shows("queries"), async () => {
    const query = { query: "select * from enrollments" };
    const pages = await pagesOf("createIndividualEnrollmentQuery", query, 7);
    expect(pages.slice(0, -1).every((page) => page.length === 7)).toBe(true);
    const found = pages.flat().map((enrollment) => String(enrollment["registrationId"]));
    expect(new Set(found).size).toBe(found.length);
    expect(found.filter((id) => id.startsWith("query-"))).toHaveLength(total);
    // None of them with its keys.
    expect(JSON.stringify(pages)).not.toContain("primaryKey");
  });

  test("find what a condition is true of", shows("queries"), async () => {
    const query = { query: "SELECT * FROM enrollments WHERE deviceId = 'few'" };
    const pages = await pagesOf("createIndividualEnrollmentQuery", query);
    expect(pages.flat().map((enrollment) => enrollment["deviceId"])).toEqual(
      Array.from({ length: 5 }, () => "few"),
    );
  });

  test("find groups", shows("queries"), async () => {
    await call(group.put, { ...group.idOf("found"), attestation: keys() });
    const query = { query: "SELECT * FROM enrollmentGroups" };
    const pages = await pagesOf("createEnrollmentGroupQuery", query, 2);
    expect(pages.flat().map((one) => one["enrollmentGroupId"])).toContain("found");
  });

  test("that nobody can read are refused", async () => {
    for (const query of ["", "DELETE everything", "SELECT * FROM enrollments WHERE (("]) {
      const outcome = await clients.service("createIndividualEnrollmentQuery", { query });
      expect(outcome, query).toEqual(refusal(400, 400004));
    }
  });
});

describe("policies", () => {
  const asPolicy = async (...rights: ("EnrollmentRead" | "RegistrationStatusWrite")[]) => {
    const [service] = server.server.provisioning.list();
    const { configuration, settings } = service!;
    const name = rights.join("-");
    const policy = { name, primaryKey: newKey(), secondaryKey: newKey(), rights };
    await configuration.change({ policies: [...settings.policies, policy] });
    return `HostName=${ADDRESS};SharedAccessKeyName=${name};SharedAccessKey=${policy.secondaryKey}`;
  };
  const unauthorized = refusal(401, 401002);

  test("let their holders do what they say and no more", async () => {
    const reader = await asPolicy("EnrollmentRead");
    const registrar = await asPolicy("RegistrationStatusWrite");
    const enrollment = { ...individual.idOf("guarded"), attestation: keys() };
    await call(individual.put, enrollment);
    const as = (holder: string, method: string, ...args: unknown[]) =>
      clients.serviceAs(holder, method, ...args);
    expect(await as(reader, individual.get, "guarded")).toHaveProperty("result");
    expect(await as(reader, individual.put, enrollment)).toEqual(unauthorized);
    expect(await as(reader, individual.delete, "guarded")).toEqual(unauthorized);
    expect(await as(reader, "getDeviceRegistrationState", "x")).toEqual(unauthorized);
    expect(await as(registrar, "getDeviceRegistrationState", "x")).toEqual(refusal(404, 404201));
    expect(await as(registrar, individual.get, "guarded")).toEqual(unauthorized);
  });

  test("are not the hub's, and no key is another", async () => {
    const { iothubowner } = server.connection.hubs[0]!.connectionStrings;
    expect(await clients.serviceAs(iothubowner!, individual.get, "x")).toEqual(unauthorized);
    const { connectionString } = server.connection.provisioning[0]!;
    const forged = connectionString.replace(/SharedAccessKey=.*/, `SharedAccessKey=${newKey()}`);
    expect(await clients.serviceAs(forged, individual.get, "x")).toEqual(unauthorized);
  });
});
