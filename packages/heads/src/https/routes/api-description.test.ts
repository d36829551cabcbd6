import { Validator } from "@seriousme/openapi-schema-validator";
import type { OpenApiDocument } from "@larimar/wire";
import { ARM_ROUTES, PROVISIONING_DEVICE_ROUTES, PROVISIONING_ROUTES } from "@larimar/wire";
import { beforeAll, describe, expect, test } from "vitest";
import { startTestHead } from "../test-head.fixture.ts";
import { allRoutes } from "./all-routes.ts";

describe("the description of the API", () => {
  let document: OpenApiDocument;

  beforeAll(async () => {
    await using head = await startTestHead();
    const answer = await head.send("GET", "/openapi.json");
    document = answer.json as OpenApiDocument;
  });

  test("is there for anybody, as JSON", async () => {
    await using head = await startTestHead();
    expect(await head.send("GET", "/openapi.json")).toMatchObject({
      status: 200,
      headers: { "content-type": "application/json; charset=utf-8" },
    });
  });

  test("is valid OpenAPI", async () => {
    const validation = await new Validator().validate(structuredClone({ ...document }));
    expect(validation).toMatchObject({ valid: true });
  });

  test("has every route of the head in it, and no other", () => {
    const served = [
      ...allRoutes({ ready: () => true }).map(({ contract }) => contract),
      ...Object.values(PROVISIONING_ROUTES),
      ...PROVISIONING_DEVICE_ROUTES,
      ...Object.values(ARM_ROUTES),
    ];
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(described.toSorted()).toEqual(
      served.map(({ method, path }) => `${method} ${path}`).toSorted(),
    );
  });

  test("gives every operation a name of its own", () => {
    const names = operations(document).map(({ operationId }) => operationId);
    expect(new Set(names).size).toBe(names.length);
  });

  test("says of a route what requests to it are validated by", () => {
    const put = document.paths["/devices/{deviceId}"]!["put"]!;
    expect(put.parameters.map(({ name, in: place }) => `${place} ${name}`)).toEqual([
      "path deviceId",
      "query api-version",
      "header If-Match",
    ]);
    const { schema } = put.requestBody!.content["application/json"]!;
    expect(schema).toMatchObject({
      type: "object",
      properties: { status: { anyOf: expect.any(Array) as unknown } },
    });
  });
});

function operations({ paths }: OpenApiDocument) {
  return Object.values(paths).flatMap((methods) => Object.values(methods));
}
