import type { Secrets } from "@larimar/domain";
import { z } from "zod";
import { type Reading, invalid, read } from "../rest/reading.ts";

/** A shared access policy, of a hub or of a provisioning service, as administrators write it. */
export const PolicyBody = z.object({
  keyName: z.string(),
  primaryKey: z.string().nullish(),
  secondaryKey: z.string().nullish(),
  rights: z.string(),
});

interface Policy<Right> {
  readonly name: string;
  readonly primaryKey: string;
  readonly secondaryKey: string;
  readonly rights: readonly Right[];
}

/** Keys that are left out stay as they are, or are made when the policy is new. */
export function readPolicies<Right extends string>(
  bodies: readonly z.output<typeof PolicyBody>[],
  current: readonly Policy<Right>[],
  rights: readonly Right[],
  secrets: Pick<Secrets, "createKey">,
): Reading<Policy<Right>[]> {
  const policies: Policy<Right>[] = [];
  for (const body of bodies) {
    const known = current.find(({ name }) => name.toLowerCase() === body.keyName.toLowerCase());
    const granted = readRights(body.rights, rights);
    if (granted === undefined) {
      return invalid(`The rights of policy '${body.keyName}' are not some of ${rights.join(", ")}`);
    }
    policies.push({
      name: body.keyName,
      primaryKey: body.primaryKey || known?.primaryKey || secrets.createKey(),
      secondaryKey: body.secondaryKey || known?.secondaryKey || secrets.createKey(),
      rights: granted,
    });
  }
  return read(policies);
}

export function formatPolicy({ name, primaryKey, secondaryKey, rights }: Policy<string>) {
  return { keyName: name, primaryKey, secondaryKey, rights: rights.join(", ") };
}

/** In the order in which they are always told. */
function readRights<Right extends string>(
  text: string,
  rights: readonly Right[],
): Right[] | undefined {
  const wanted = text.split(",").map((word) => word.trim().toLowerCase());
  const found = rights.filter((right) => wanted.includes(right.toLowerCase()));
  return found.length === new Set(wanted).size ? found : undefined;
}
