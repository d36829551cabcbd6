import * as wire from "@larimar/wire";
import { describe, expect, test } from "vitest";
import { allRoutes } from "./all-routes.ts";

const routes = allRoutes({ ready: () => true }).map((route) => route.contract);

const isContract = (value: unknown): value is wire.RouteContract =>
  typeof value === "object" && value !== null && "errorForm" in value && "path" in value;

describe("the routes of the head", () => {
  test("are those that are described, all of them", () => {
    const described = Object.values<unknown>(wire).filter(isContract);
    const nameOf = ({ name }: wire.RouteContract) => name;
    expect(described).not.toEqual([]);
    expect(routes.map(nameOf).toSorted()).toEqual(described.map(nameOf).toSorted());
  });

  test("have names and paths of their own", () => {
    const names = new Set(routes.map(({ name }) => name));
    const shapes = new Set(
      routes.map(({ method, path }) => `${method} ${path.replaceAll(/\{\w+\}/g, "{}")}`),
    );
    expect(names.size).toBe(routes.length);
    expect(shapes.size).toBe(routes.length);
  });

  test("let nobody in without a proof, except to ask for health or for the description", () => {
    const open = routes.filter(({ caller }) => caller === "anyone");
    expect(open.map(({ path }) => path)).toEqual(["/healthz", "/readyz", "/openapi.json"]);
    for (const { caller } of routes) {
      if (typeof caller === "object") expect(caller.rights).not.toEqual([]);
    }
  });
});
