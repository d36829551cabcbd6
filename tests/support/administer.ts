import { readFileSync } from "node:fs";
import { request } from "node:https";
import type { ConnectionInfo } from "@larimar/server";

const GROUP = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Devices";

/** The status that an administrative call is answered with. Rejects when there is no answer. */
export function administer(
  { admin, caFile, host, ports }: ConnectionInfo,
  method: "GET" | "PUT" | "DELETE",
  path: string,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      host,
      port: ports.https,
      ca: readFileSync(caFile),
      agent: false,
      method,
      path: `${GROUP}${path}?api-version=2023-06-30`,
      headers: { authorization: `Bearer ${admin.token}` },
    });
    outgoing.on("error", reject);
    outgoing.on("response", (response) => {
      response.on("error", reject);
      response.on("end", () => resolve(response.statusCode ?? 0));
      response.resume();
    });
    outgoing.end(method === "PUT" ? "{}" : undefined);
  });
}
