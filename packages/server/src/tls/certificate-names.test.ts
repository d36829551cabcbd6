import { describe, expect, test } from "vitest";
import { hubHostNames } from "../hubs/host-names.ts";
import { certificateNames, serverNames } from "./certificate-names.ts";

describe("the names of a server", () => {
  test("are the local ones, its addresses and the machine's", () => {
    expect(serverNames({ bindAddresses: ["10.0.0.1"], machineName: "Workshop" })).toEqual([
      "localhost",
      "127.0.0.1",
      "::1",
      "10.0.0.1",
      "workshop",
    ]);
  });

  test("do not include the addresses that mean all of them, or a name nobody can ask for", () => {
    expect(serverNames({ bindAddresses: ["0.0.0.0", "::"], machineName: "my machine" })).toEqual([
      "localhost",
      "127.0.0.1",
      "::1",
    ]);
  });
});

describe("the host names of a hub", () => {
  const serverWide = { hosts: ["hub.example", "10.0.0.1"], serverNames: ["localhost", "::1"] };

  test("are, for the default hub, all of the server's and its own labels", () => {
    expect(hubHostNames({ ...serverWide, hubName: "Local", isDefault: true })).toEqual([
      "hub.example",
      "10.0.0.1",
      "local.hub.example",
      "local.localhost",
      "localhost",
      "::1",
    ]);
  });

  test("are, for another hub, labels below the server's names but not below an address", () => {
    expect(hubHostNames({ ...serverWide, hubName: "second", isDefault: false })).toEqual([
      "second.hub.example",
      "second.localhost",
    ]);
    const onAddress = { hosts: ["127.0.0.5"], serverNames: [] };
    expect(hubHostNames({ ...onAddress, hubName: "second", isDefault: false })).toEqual([
      "second.localhost",
    ]);
  });
});

test("a certificate lists every hub beside the wildcard, each name once", () => {
  expect(certificateNames(["localhost", "a.localhost", "LOCALHOST", "0:0:0:0:0:0:0:1"])).toEqual([
    "localhost",
    "a.localhost",
    "::1",
    "*.localhost",
  ]);
});
