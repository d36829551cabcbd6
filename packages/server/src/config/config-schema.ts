import { isContainerName } from "@larimar/domain";
import { parseStorageConnectionString } from "@larimar/wire";
import { z } from "zod";
import { list, number, text, toggle } from "./option-kinds.ts";

/** What the reference of options says about one of them; the rest follows from the schema. */
export interface OptionInfo {
  readonly description: string;
  /** What stands for the value in the reference; switches have none. */
  readonly placeholder?: string;
  readonly isRepeatable?: boolean;
  readonly isSecret?: boolean;
}

export const optionInfo = z.registry<OptionInfo>();

const HUB_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,48}[A-Za-z0-9])?$/;
const HOST_NAME =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;
const hostName = z.union([z.string().regex(HOST_NAME), z.ipv4(), z.ipv6()], {
  error: "must be host names or addresses, without port",
});
const hubName = z.string("must be names").regex(HUB_NAME, {
  error: "must be 1 to 50 letters, digits and inner hyphens",
});

/** The storage that needs no other program. */
export const BUILT_IN = "built-in";
const PORT = { min: 0, max: 65_535, isWhole: true };

/** Every option of a server: the documentation, the validator and the type. Nothing else reads settings. */
export const ConfigSchema = z.strictObject({
  data: text()
    .default("larimar-data")
    .register(optionInfo, { placeholder: "DIR", description: "data directory" }),
  ephemeral: toggle().register(optionInfo, {
    description: "keep nothing: the data directory is a temporary one",
  }),
  host: list(hostName).default(["localhost"]).register(optionInfo, {
    placeholder: "NAME",
    isRepeatable: true,
    description: "host name clients use; the first is put in connection strings",
  }),
  bind: list(
    z.union([z.ipv4(), z.ipv6()], { error: "must be IP addresses, 0.0.0.0 serves a network" }),
  )
    .optional()
    .register(optionInfo, {
      placeholder: "ADDRESS",
      isRepeatable: true,
      description: "address to listen on (default: loopback only, 127.0.0.1 and ::1)",
    }),
  mqttPort: number(PORT)
    .default(8883)
    .register(optionInfo, { placeholder: "PORT", description: "MQTT; 0 picks a free one" }),
  amqpPort: number(PORT)
    .default(5671)
    .register(optionInfo, { placeholder: "PORT", description: "AMQP; 0 picks a free one" }),
  httpsPort: number(PORT).default(443).register(optionInfo, {
    placeholder: "PORT",
    description: "HTTPS and WebSockets; 0 picks a free one",
  }),
  hub: list(hubName).optional().register(optionInfo, {
    placeholder: "NAME",
    isRepeatable: true,
    description: "hub to serve; the first is the default one (default: local)",
  }),
  partitions: number({ min: 1, max: 128, isWhole: true }).default(4).register(optionInfo, {
    placeholder: "N",
    description: "partitions of the event log of hubs created now",
  }),
  retentionHours: number({ min: 0.001, max: 876_000 }).default(24).register(optionInfo, {
    placeholder: "HOURS",
    description: "how long hubs created now keep events",
  }),
  retentionMib: number({ min: 1, max: 1_000_000_000, isWhole: true })
    .default(10_240)
    .register(optionInfo, {
      placeholder: "MIB",
      description: "how many MiB of events hubs created now keep",
    }),
  fileStorage: text()
    .refine((value) => value === BUILT_IN || parseStorageConnectionString(value).kind === "read", {
      error: `must be ${BUILT_IN} or the connection string of a storage account, with https`,
    })
    .optional()
    .register(optionInfo, {
      placeholder: "ACCOUNT",
      isSecret: true,
      description:
        "where devices upload files to: built-in, or the connection string of an account that " +
        "speaks the protocol of Azure Storage (default: as before, built-in at first)",
    }),
  fileContainer: text()
    .refine(isContainerName, {
      error: "must be 3 to 63 lower-case letters, digits and single inner hyphens",
    })
    .optional()
    .register(optionInfo, {
      placeholder: "NAME",
      description: "with --file-storage: the container in it (default: uploads)",
    }),
  strictHosts: toggle().register(optionInfo, {
    description: "refuse host names that belong to no hub instead of using the default hub",
  }),
  enforceTiers: toggle().register(optionInfo, {
    description: "hold hubs to the rates and daily messages of their tier (default: no limits)",
  }),
  faultInjection: toggle().register(optionInfo, {
    description:
      "let devices ask for lost connections and refusals, to test their own code: messages with " +
      "the properties that the test suites of the SDKs use",
  }),
  ca: text().optional().register(optionInfo, {
    placeholder: "FILE",
    description: "with --cert: the CA that clients should trust, PEM",
  }),
  cert: text().optional().register(optionInfo, {
    placeholder: "FILE",
    description: "own server certificate and its chain, PEM (default: made by Larimar's own CA)",
  }),
  key: text().optional().register(optionInfo, {
    placeholder: "FILE",
    description: "private key of --cert, PEM",
  }),
  trust: list(z.string("must be files").min(1, "must be files")).optional().register(optionInfo, {
    placeholder: "FILE",
    isRepeatable: true,
    description:
      "further CA, PEM, by which to trust hubs elsewhere that devices are provisioned to",
  }),
  adminToken: z
    .string("must be a text")
    .regex(/^[\x21-\x7e]{16,}$/, "must be at least 16 printable characters without spaces")
    .optional()
    .register(optionInfo, {
      placeholder: "TOKEN",
      isSecret: true,
      description: "token of the administration endpoint (default: made at first start)",
    }),
  oidcIssuer: z
    .url({ protocol: /^https?$/, error: "must be a URL" })
    .optional()
    .register(optionInfo, {
      placeholder: "URL",
      description: "OpenID Connect provider whose tokens back ends may bring (default: none)",
    }),
  oidcAudience: text().optional().register(optionInfo, {
    placeholder: "TEXT",
    description: "with --oidc-issuer: whom tokens have to be meant for",
  }),
  logLevel: z
    .enum(["trace", "debug", "info", "warn", "error", "silent"], {
      error: "must be trace, debug, info, warn, error or silent",
    })
    .default("info")
    .register(optionInfo, { placeholder: "LEVEL", description: "what is logged on stderr" }),
});

export type Config = z.infer<typeof ConfigSchema>;
export type ConfigKey = keyof Config;

interface Conflict {
  readonly keys: readonly ConfigKey[];
  readonly problem: string;
}

/** What no single option can know. */
export function conflictsIn(config: {
  readonly [Key in ConfigKey]?: Config[Key] | undefined;
}): Conflict[] {
  const conflicts: Conflict[] = [];
  if ((config.cert === undefined) !== (config.key === undefined)) {
    conflicts.push({ keys: ["cert", "key"], problem: "must be given together" });
  }
  if (config.ca !== undefined && config.cert === undefined) {
    conflicts.push({ keys: ["ca"], problem: "is for use with a certificate of your own" });
  }
  if (config.fileContainer !== undefined && config.fileStorage === undefined) {
    conflicts.push({ keys: ["fileContainer"], problem: "is for use with a file storage" });
  }
  if ((config.oidcIssuer === undefined) !== (config.oidcAudience === undefined)) {
    conflicts.push({ keys: ["oidcIssuer", "oidcAudience"], problem: "must be given together" });
  }
  for (const key of ["host", "hub"] as const) {
    const names = (config[key] ?? []).map((name) => name.toLowerCase());
    if (new Set(names).size < names.length) {
      conflicts.push({ keys: [key], problem: "must not repeat a name" });
    }
  }
  const ports = (["mqttPort", "amqpPort", "httpsPort"] as const).filter((key) => config[key]);
  const shared = ports.filter((key) => ports.some((o) => o !== key && config[o] === config[key]));
  if (shared.length > 0) conflicts.push({ keys: shared, problem: "must be different ports" });
  return conflicts;
}
