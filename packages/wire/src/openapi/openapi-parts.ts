import type { JsonObject } from "@larimar/domain";
import type { OpenApiDocument } from "./openapi-document.ts";

export const TAGS: OpenApiDocument["tags"] = [
  { name: "hub", description: "What back ends and operators do with a hub." },
  { name: "device", description: "What devices and modules do over HTTPS." },
  { name: "provisioning", description: "Enrollments, and devices that look for their hub." },
  { name: "administration", description: "Hubs and provisioning services themselves." },
  { name: "server", description: "The server itself." },
];

export const SECURITY_SCHEMES: Readonly<Record<string, JsonObject>> = {
  sharedAccessSignature: {
    type: "apiKey",
    in: "header",
    name: "Authorization",
    description: "SharedAccessSignature sr=…&sig=…&se=…, with skn=… for a policy.",
  },
  administrationToken: {
    type: "http",
    scheme: "bearer",
    description: "The token that connection.json names.",
  },
  identityProvider: {
    type: "http",
    scheme: "bearer",
    description: "A token of the configured OpenID Connect provider.",
  },
  clientCertificate: {
    type: "mutualTLS",
    description: "The certificate of a device or module.",
  },
};

export const ERROR_SCHEMAS: Readonly<Record<string, JsonObject>> = {
  Error: {
    type: "object",
    properties: { Message: { type: "string" }, ExceptionMessage: { type: "string" } },
    required: ["Message", "ExceptionMessage"],
  },
  AdministrationError: {
    type: "object",
    properties: {
      error: {
        type: "object",
        properties: { code: { type: "string" }, message: { type: "string" } },
        required: ["code", "message"],
      },
    },
    required: ["error"],
  },
  ProvisioningError: {
    type: "object",
    properties: {
      errorCode: { type: "integer" },
      trackingId: { type: "string" },
      message: { type: "string" },
      timestampUtc: { type: "string" },
    },
    required: ["errorCode", "trackingId", "message", "timestampUtc"],
  },
};
