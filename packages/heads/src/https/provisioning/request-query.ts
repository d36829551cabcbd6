import type { RequestTarget } from "@larimar/wire";
import { ProvisioningRequestError } from "../../provisioning-api/provisioning-failure.ts";

/** Any version will do: none of them changed what a member means. Throws when there is none. */
export function requireApiVersion({ query }: RequestTarget): string {
  for (const [name, value] of new URLSearchParams(query)) {
    if (name.toLowerCase() === "api-version" && value !== "") return value;
  }
  throw new ProvisioningRequestError("ApiVersionMissing", "The api-version parameter is required");
}
