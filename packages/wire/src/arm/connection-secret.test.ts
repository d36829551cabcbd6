import { describe, expect, test } from "vitest";
import { connectionFields, isMasked, maskSecret, unmaskSecret } from "./connection-secret.ts";

const hub = "HostName=h;SharedAccessKeyName=o;SharedAccessKey=a$&b==";

describe("the key of a connection string", () => {
  test("is not told, and found again when it comes back", () => {
    const masked = maskSecret(hub);
    expect(masked).toBe("HostName=h;SharedAccessKeyName=o;SharedAccessKey=****");
    expect([isMasked(masked), isMasked(hub)]).toEqual([true, false]);
    expect(unmaskSecret(masked, hub)).toBe(hub);
  });

  test("is that of the stored one also where the rest has changed", () => {
    const moved = "Endpoint=sb://n/;SharedAccessKeyName=x;SharedAccessKey=****;EntityPath=e";
    expect(unmaskSecret(moved, hub)).toBe(moved.split("****").join("a$&b=="));
  });

  test("cannot be found where none was stored", () => {
    expect(unmaskSecret(maskSecret(hub), undefined)).toBeUndefined();
    expect(unmaskSecret(maskSecret(hub), "HostName=h")).toBeUndefined();
  });

  test("of a storage account is one too", () => {
    expect(maskSecret("AccountName=a;AccountKey=b==;EndpointSuffix=c")).toBe(
      "AccountName=a;AccountKey=****;EndpointSuffix=c",
    );
  });
});

test("fields are found whatever their case", () => {
  expect(Object.fromEntries(connectionFields("HOSTNAME=h;x=a=b;;y"))).toEqual({
    hostname: "h",
    x: "a=b",
  });
});
