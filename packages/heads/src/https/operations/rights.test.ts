import type { BearerToken, BearerTokens, DataRole } from "@larimar/domain";
import { HubError } from "@larimar/domain";
import { createTestHub } from "@larimar/domain/fixtures";
import { DATA_ACTIONS_OF, type RouteContract } from "@larimar/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { allRoutes } from "../routes/all-routes.ts";
import { type TestHead, startTestHead } from "../test-head.fixture.ts";

/** What each default policy grants. */
const POLICIES = {
  iothubowner: ["RegistryRead", "RegistryWrite", "ServiceConnect", "DeviceConnect"],
  service: ["ServiceConnect"],
  device: ["DeviceConnect"],
  registryRead: ["RegistryRead"],
  registryReadWrite: ["RegistryRead", "RegistryWrite"],
} as const;

const ROLES: readonly DataRole[] = [
  "reader",
  "dataContributor",
  "registryContributor",
  "twinContributor",
];

const routes: readonly RouteContract[] = allRoutes({ ready: () => true })
  .map(({ contract }) => contract)
  .filter(({ caller }) => typeof caller === "object");

/** One of its own for every request: the token text is the name of the role. */
const tokens: BearerTokens = {
  verify: (text) =>
    text === "stranger"
      ? Promise.reject(new HubError("Unauthorized", "Nobody knows this token"))
      : Promise.resolve(tokenOf(text as DataRole)),
};

function tokenOf(role: DataRole): BearerToken {
  return { subject: role, roles: [role], expiresAtMs: Date.UTC(2100, 0, 1) };
}

describe("every operation of back ends", () => {
  let head: TestHead;

  beforeAll(async () => {
    head = await startTestHead({ testHub: createTestHub({ bearerTokens: tokens }) });
  });

  afterAll(() => head[Symbol.asyncDispose]());

  const send = async (contract: RouteContract, request: object): Promise<number> => {
    const path = contract.path.replaceAll(/\{(\w+)\}/g, "x-$1");
    return (await head.send(contract.method, `${path}?api-version=2021-04-12`, request)).status;
  };

  const byPolicy = routes.flatMap((contract) =>
    Object.entries(POLICIES).map(([policy, held]) => {
      const { rights } = contract.caller as { rights: readonly string[] };
      const isAllowed = held.some((right) => rights.includes(right));
      return { name: contract.name, contract, policy, isAllowed };
    }),
  );

  test.each(byPolicy)("$name with policy $policy is allowed: $isAllowed", async (one) => {
    const status = await send(one.contract, { policy: one.policy });
    expect(status !== 401).toBe(one.isAllowed);
  });

  const byRole = routes.flatMap((contract) =>
    ROLES.map((role) => ({ name: contract.name, contract, role })),
  );

  test.each(byRole)("$name with the role $role is as its actions say", async (one) => {
    const status = await send(one.contract, { headers: { authorization: `Bearer ${one.role}` } });
    const actions = DATA_ACTIONS_OF[one.name]!;
    const isAllowed = {
      reader: actions.every((action) => action.endsWith("/read")),
      dataContributor: true,
      registryContributor: actions.every((action) => action.startsWith("devices/")),
      twinContributor: actions.every((action) => action.startsWith("twins/")),
    }[one.role as "reader"];
    expect(status !== 401).toBe(isAllowed);
  });

  test.each(routes)("$name is refused to strangers", async (contract) => {
    expect(await send(contract, {})).toBe(401);
    expect(await send(contract, { headers: { authorization: "Bearer stranger" } })).toBe(401);
    expect(await send(contract, { headers: { authorization: "Bearer" } })).toBe(401);
  });

  test("has the actions that roles are compared with", () => {
    expect(Object.keys(DATA_ACTIONS_OF).toSorted()).toEqual(
      routes.map(({ name }) => name).toSorted(),
    );
  });
});

test("tokens of identity providers are refused where none is configured", async () => {
  await using head = await startTestHead();
  const headers = { authorization: "Bearer dataContributor" };
  const answer = await head.send("GET", "/devices?api-version=2021-04-12", { headers });
  expect(answer.status).toBe(401);
});
