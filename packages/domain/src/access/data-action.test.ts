import { expect, test } from "vitest";
import { DATA_ACTIONS, allows, roleNamed } from "./data-action.ts";

test.each([
  ["reader", ["configurations/read", "devices/read", "jobs/read", "statistics/read", "twins/read"]],
  ["registryContributor", ["devices/delete", "devices/read", "devices/write"]],
  ["twinContributor", ["twins/read", "twins/write"]],
  ["dataContributor", [...DATA_ACTIONS]],
] as const)("the role %s allows what it is for", (role, actions) => {
  expect(DATA_ACTIONS.filter((action) => allows([role], action))).toEqual(actions);
});

test("no role allows nothing, several what each does", () => {
  expect(DATA_ACTIONS.filter((action) => allows([], action))).toEqual([]);
  expect(allows(["registryContributor", "twinContributor"], "twins/write")).toBe(true);
});

test.each([
  ["IoT Hub Data Contributor", "dataContributor"],
  ["IoT Hub Data Reader", "reader"],
  ["Reader", "reader"],
  ["registry-contributor", "registryContributor"],
  ["IoTHubTwinContributor", "twinContributor"],
  ["Owner", undefined],
  ["", undefined],
])("%s names the role %s", (name, role) => {
  expect(roleNamed(name)).toBe(role);
});
