import { randomBytes } from "node:crypto";
import { CommandError, UsageError } from "../command-error.ts";
import type { Arguments } from "../read-arguments.ts";
import { table } from "../table.ts";
import type { Policy } from "./admin-client.ts";

const KEY_BYTES = 32;

export const KEY_OPTIONS = {
  policy: { type: "string", argument: "NAME", usage: "of this policy only" },
  regenerate: {
    type: "string",
    argument: "primary|secondary|both",
    usage: "make new ones for the policy",
  },
} as const;

/** The policies that are asked for. Throws `CommandError`. */
export function selectPolicies(policies: readonly Policy[], args: Arguments): readonly Policy[] {
  const name = args.text("policy");
  if (name === undefined) return policies;
  const found = policies.filter(({ keyName }) => keyName.toLowerCase() === name.toLowerCase());
  if (found.length > 0) return found;
  const names = policies.map(({ keyName }) => keyName).join(", ");
  throw new CommandError(`There is no policy '${name}'; there are: ${names}.`);
}

/** All policies with new keys for one of them; undefined when nobody asked for new ones. Throws `UsageError`. */
export function withNewKeys(
  policies: readonly Policy[],
  args: Arguments,
): readonly Policy[] | undefined {
  const which = args.text("regenerate");
  if (which === undefined) return undefined;
  if (!["primary", "secondary", "both"].includes(which)) {
    throw new UsageError("--regenerate must be primary, secondary or both.");
  }
  if (args.text("policy") === undefined) {
    throw new UsageError("--regenerate wants to know the policy: --policy NAME.");
  }
  const selected = selectPolicies(policies, args);
  const key = () => randomBytes(KEY_BYTES).toString("base64");
  return policies.map((policy) =>
    selected.includes(policy)
      ? {
          ...policy,
          ...(which !== "secondary" && { primaryKey: key() }),
          ...(which !== "primary" && { secondaryKey: key() }),
        }
      : policy,
  );
}

export function describeKeys(policies: readonly Policy[]): string {
  return table([
    ["POLICY", "PRIMARY KEY", "SECONDARY KEY", "RIGHTS"],
    ...policies.map(({ keyName, primaryKey, secondaryKey, rights }) => [
      keyName,
      primaryKey,
      secondaryKey,
      rights,
    ]),
  ]);
}
