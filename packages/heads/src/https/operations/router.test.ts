import { type HttpMethod, readPath, routeContract } from "@larimar/wire";
import { describe, expect, test } from "vitest";
import { route } from "./route.ts";
import { Router, effectiveMethod } from "./router.ts";

const routeFor = (method: HttpMethod, path: string, caller: "device" | "anyone" = "device") =>
  route(
    routeContract({
      name: `${method} ${path}`,
      method,
      path,
      caller,
      errorForm: "A",
      isApiVersionRequired: false,
      success: { status: 204 },
    }),
    () => Promise.resolve({ status: 204 }),
  );

const router = new Router([
  routeFor("GET", "/jobs/{id}"),
  routeFor("POST", "/jobs/create"),
  routeFor("PUT", "/jobs/v2/{id}"),
  routeFor("GET", "/jobs/v2/{id}"),
  routeFor("GET", "/jobs/v2/query"),
  routeFor("POST", "/jobs/{id}/cancel"),
  routeFor("GET", "/health", "anyone"),
]);

const find = (method: string, path: string) => {
  const routing = router.find(method, readPath(path));
  if (routing.kind === "found") return routing.matches.map((match) => match.route.contract.name);
  return routing.kind === "notFound" ? "notFound" : routing.allowed;
};

describe("a router", () => {
  test.each([
    ["GET", "/jobs/v2/query", ["GET /jobs/v2/query"]],
    ["GET", "/jobs/v2/1", ["GET /jobs/v2/{id}"]],
    ["POST", "/jobs/create", ["POST /jobs/create"]],
  ])("prefers the literal word: %s %s", (method, path, names) => {
    expect(find(method, path)).toEqual(names);
  });

  test("takes the word for an id where no literal one has the method", () => {
    expect(find("GET", "/jobs/create")).toEqual(["GET /jobs/{id}"]);
    expect(find("PUT", "/jobs/v2/query")).toEqual(["PUT /jobs/v2/{id}"]);
  });

  test("answers with every method of a path when it has another", () => {
    expect(find("DELETE", "/jobs/create")).toEqual(["POST", "GET"]);
    expect(find("GET", "/jobs/1/cancel")).toEqual(["POST"]);
  });

  test("finds nothing where there is nothing, whatever the method", () => {
    expect(find("GET", "/jobs")).toBe("notFound");
    expect(find("BREW", "/jobs/1/2/3")).toBe("notFound");
  });

  test("finds one route for each reading of the path that has one, in their order", () => {
    expect(find("GET", "/jobs/a%2520b")).toEqual(["GET /jobs/{id}", "GET /jobs/{id}"]);
    expect(find("GET", "/jobs/v2%252Fquery")).toEqual(["GET /jobs/{id}", "GET /jobs/v2/query"]);
    expect(find("GET", "/jobs%252Fv2%252Fquery")).toEqual(["GET /jobs/v2/query"]);
  });

  test("takes HEAD for GET only where anyone may ask", () => {
    expect(find("HEAD", "/health")).toEqual(["GET /health"]);
    expect(find("HEAD", "/jobs/1")).toEqual(["GET"]);
  });
});

describe("the method of a request", () => {
  test.each([
    ["POST", "patch", "PATCH"],
    ["POST", "TRACE", "TRACE"],
    ["POST", undefined, "POST"],
    ["GET", "DELETE", "GET"],
  ])("%s overridden with %s is %s", (method, override, effective) => {
    expect(effectiveMethod(method, override)).toBe(effective);
  });
});
