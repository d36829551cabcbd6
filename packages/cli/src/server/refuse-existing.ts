import { CommandError } from "../command-error.ts";
import type { AdminClient } from "./admin-client.ts";
import { hubPath, servicePath } from "./admin-client.ts";

/** The server takes a name that is there for a change; `create` is not meant as one. Throws `CommandError`. */
export async function refuseExisting(
  admin: AdminClient,
  what: "hub" | "provisioning service",
  name: string,
): Promise<void> {
  const path = what === "hub" ? hubPath() : servicePath();
  const { value } = await admin.call<{ value: { name: string }[] }>({ method: "GET", path });
  if (!value.some((there) => there.name.toLowerCase() === name.toLowerCase())) return;
  throw new CommandError(`There is a ${what} '${name}' already.`);
}
