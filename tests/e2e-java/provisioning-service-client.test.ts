import { randomBytes } from "node:crypto";
import type { TestServer } from "@larimar/testkit";
import { makeTestCertificate, startTestServer } from "@larimar/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cell } from "../grid/cell.ts";
import type { Feature } from "../grid/features.ts";
import { derivedKey } from "../support/provisioning/derived-key.ts";
import { hasJava, startJavaProgram } from "../support/programs/java.ts";
import { PREPARE_MS_MAX } from "../support/programs/prepare.ts";
import type { Program } from "../support/programs/program.ts";

const ADDRESS = "127.0.0.99";
const ENROLLMENTS = 7;

const newKey = () => randomBytes(32).toString("base64");
const newKeys = () => ({ primaryKey: newKey(), secondaryKey: newKey() });

const shows = (feature: Feature<"provisioning service">) =>
  cell({ sdk: "provisioning-service-client (Java)", transport: "HTTPS", feature });

describe.skipIf(!hasJava())("provisioning-service-client (Java)", () => {
  let server: TestServer;
  let program: Program;

  beforeAll(async () => {
    server = await startTestServer({
      config: { bind: [ADDRESS], host: [ADDRESS], httpsPort: 443 },
    });
    const { caFile, provisioning } = server.connection;
    program = await startJavaProgram({
      CA_FILE: caFile,
      PROVISIONING_CONNECTION_STRING: provisioning[0]!.connectionString,
    });
  }, PREPARE_MS_MAX);

  afterAll(async () => {
    await program?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  const call = (name: string, args: Readonly<Record<string, unknown>>) => program.call(name, args);
  const refused = (name: string, args: object, error: string) =>
    expect(program.call(name, { ...args })).rejects.toThrow(error);
  const NOT_FOUND = "ProvisioningServiceClientNotFoundException";

  test(
    "enrollments are created, read, updated and deleted",
    shows("individual enrollments"),
    async () => {
      const keys = newKeys();
      const enrollment = { id: "e1", deviceId: "d1" };
      const created = await call("putEnrollment", { ...enrollment, ...keys });
      expect(created).toMatchObject({ ...enrollment, status: "enabled" });
      expect(await call("getEnrollment", { id: "e1" })).toEqual(created);
      expect(await call("keysOf", { id: "e1" })).toEqual(keys);
      const disabled = { id: "e1", status: "disabled" };
      expect(await call("setStatus", disabled)).toMatchObject({ ...enrollment, ...disabled });
      // Written back as it was read, it has its keys still.
      expect(await call("keysOf", { id: "e1" })).toEqual(keys);
      const { etag } = created as { etag: string };
      const tooLate = "ProvisioningServiceClientPreconditionFailedException";
      await refused("setStatus", { ...disabled, etag }, tooLate);
      await refused("deleteEnrollment", { id: "e1", etag }, tooLate);
      await call("deleteEnrollment", { id: "e1" });
      await refused("getEnrollment", { id: "e1" }, NOT_FOUND);
      const { certPem: clientCertificate } = await makeTestCertificate({ commonName: "e2" });
      expect(await call("putEnrollment", { id: "e2", clientCertificate })).toMatchObject({
        id: "e2",
      });
      expect(await call("setStatus", { id: "e2", status: "disabled" })).toMatchObject({
        status: "disabled",
      });
    },
  );

  test("groups are created, read, updated and deleted", shows("enrollment groups"), async () => {
    const keys = newKeys();
    const created = await call("putGroup", { id: "g1", ...keys });
    expect(await call("getGroup", { id: "g1" })).toEqual(created);
    expect(await call("keysOfGroup", { id: "g1" })).toEqual(keys);
    const disabled = { id: "g1", status: "disabled" };
    expect(await call("setGroupStatus", disabled)).toMatchObject(disabled);
    await call("deleteGroup", { id: "g1" });
    await refused("getGroup", { id: "g1" }, NOT_FOUND);
    const { certPem } = await makeTestCertificate({ commonName: "root", isCa: true });
    const signed = { id: "g2", signingCertificate: certPem };
    expect(await call("putGroup", signed)).toMatchObject({ id: "g2", status: "enabled" });
  });

  test(
    "enrollments are created and deleted in bulk, and who fails is named",
    shows("enrollments in bulk"),
    async () => {
      const enrollments = Array.from({ length: ENROLLMENTS }, (_, n) => ({
        id: `bulk-${n}`,
        deviceId: n < 3 ? "few" : "many",
        ...newKeys(),
      }));
      const fine = { isSuccessful: true, errors: [] };
      expect(await call("bulk", { mode: "CREATE", enrollments })).toEqual(fine);
      const again = [enrollments[0], { id: "bulk-new", ...newKeys() }];
      expect(await call("bulk", { mode: "CREATE", enrollments: again })).toEqual({
        isSuccessful: false,
        errors: [{ id: "bulk-0", code: 409_001 }],
      });
      const added = again.slice(1);
      expect(await call("bulk", { mode: "DELETE", enrollments: added })).toEqual(fine);
      await refused("getEnrollment", { id: "bulk-new" }, NOT_FOUND);
    },
  );

  test("queries find enrollments and groups, page by page", shows("queries"), async () => {
    type Pages = readonly { readonly id: string }[][];
    const text = "SELECT * FROM enrollments WHERE deviceId = 'many'";
    const pages = (await call("queryEnrollments", { text, pageSize: 3 })) as Pages;
    expect(pages.map((page) => page.length)).toEqual([3, 1]);
    expect(pages.flat().map(({ id }) => id)).toEqual(["bulk-3", "bulk-4", "bulk-5", "bulk-6"]);
    const groups = { text: "SELECT * FROM enrollmentGroups", pageSize: 2 };
    const found = (await call("queryGroups", groups)) as Pages;
    expect(found.flat().map(({ id }) => id)).toContain("g2");
    const wrong = { text: "SELECT * FROM enrollments WHERE ((", pageSize: 2 };
    await refused("queryEnrollments", wrong, "ProvisioningServiceClientBadFormatException");
  });

  test("registrations are read, found and forgotten", shows("registration states"), async () => {
    const keys = newKeys();
    await call("putGroup", { id: "fleet", ...keys });
    const { hostName: host, idScope } = server.connection.provisioning[0]!;
    for (const registrationId of ["r1", "r2"]) {
      const key = derivedKey(keys.primaryKey, registrationId);
      await call("register", { transport: "https", host, idScope, registrationId, key });
    }
    const state = { id: "r1", deviceId: "r1", assignedHub: ADDRESS, status: "assigned" };
    expect(await call("getRegistration", { id: "r1" })).toMatchObject(state);
    const query = { text: "SELECT * FROM registrations", group: "fleet", pageSize: 1 };
    const pages = (await call("queryRegistrations", query)) as object[][];
    expect(pages.flat()).toMatchObject([{ id: "r1" }, { id: "r2" }]);
    await call("deleteRegistration", { id: "r1" });
    await refused("getRegistration", { id: "r1" }, NOT_FOUND);
  });
});
