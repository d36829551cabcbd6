import { describe, expect, test } from "vitest";
import { parseStorageConnectionString } from "./storage-connection-string.ts";

const account = "AccountName=files;AccountKey=a2V5LQ==";

describe("the connection string of a storage account", () => {
  test.each([
    [`${account};BlobEndpoint=https://h:8443/files/`, "https://h:8443/files"],
    [
      `DefaultEndpointsProtocol=https;${account};EndpointSuffix=example.net`,
      "https://files.blob.example.net",
    ],
    [`${account};`, "https://files.blob.core.windows.net"],
  ])("%s leads to %s", (text, endpoint) => {
    expect(parseStorageConnectionString(text)).toEqual({
      kind: "read",
      value: { accountName: "files", accountKey: "a2V5LQ==", endpoint },
    });
  });

  test.each([
    ["no account", "AccountKey=a2V5", "AccountName is missing"],
    ["no key", "AccountName=files", "AccountKey is not base64"],
    ["a key that is none", "AccountName=files;AccountKey=a key", "AccountKey is not base64"],
    ["an endpoint without TLS", `${account};BlobEndpoint=http://h/files`, "not an https URL"],
    ["a protocol without TLS", `DefaultEndpointsProtocol=http;${account}`, "not an https URL"],
    ["an endpoint with a query", `${account};BlobEndpoint=https://h/f?sig=x`, "not an https URL"],
    ["an emulator's short form", "UseDevelopmentStorage=true", "AccountName is missing"],
    ["nothing", "", "AccountName is missing"],
  ])("with %s is refused", (_, text, problem) => {
    expect(parseStorageConnectionString(text)).toMatchObject({
      kind: "invalid",
      problem: expect.stringContaining(problem) as string,
    });
  });
});
