import { readFile } from "node:fs/promises";
import path from "node:path";
import { CommandError } from "../command-error.ts";

/** The part of `connection.json` that commands use. */
export interface Connection {
  readonly host: string;
  readonly ports: { readonly mqtt: number; readonly amqp: number; readonly https: number };
  readonly caFile: string;
  readonly admin: { readonly endpoint: string; readonly token: string };
  readonly hubs: readonly HubConnection[];
  readonly provisioning: readonly ServiceConnection[];
}

/** A provisioning service. */
export interface ServiceConnection {
  readonly name: string;
  readonly hostName: string;
  readonly idScope: string;
  readonly connectionString: string;
}

export interface HubConnection {
  readonly name: string;
  readonly hostName: string;
  readonly connectionStrings: Readonly<Record<string, string>>;
  readonly events: {
    readonly connectionString: string;
    readonly entityPath: string;
    readonly partitionIds: readonly string[];
  };
}

const DEFAULT_DIRECTORY = "larimar-data";

export function dataDirectory(
  given: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  return path.resolve(given ?? (environment["LARIMAR_DATA"] || DEFAULT_DIRECTORY));
}

/** Throws `CommandError`. */
export async function readConnection(directory: string): Promise<Connection> {
  const file = path.join(directory, "connection.json");
  try {
    return JSON.parse(await readFile(file, "utf8")) as Connection;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      throw new CommandError(
        `No server was started in '${directory}' yet; say where with --data DIR, or run \`larimar start\`.`,
      );
    }
    throw new CommandError(`'${file}' cannot be read (${(error as Error).message}).`);
  }
}

/** The default hub, or the one with that name. Throws `CommandError`. */
export function chooseHub({ hubs }: Connection, name: string | undefined): HubConnection {
  const hub =
    name === undefined
      ? hubs[0]
      : hubs.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase());
  if (hub !== undefined) return hub;
  throw new CommandError(describeMissing("hub", name, hubs));
}

/** The default provisioning service, or the one with that name. Throws `CommandError`. */
export function chooseService(
  { provisioning }: Connection,
  name: string | undefined,
): ServiceConnection {
  const service =
    name === undefined
      ? provisioning[0]
      : provisioning.find((candidate) => candidate.name.toLowerCase() === name.toLowerCase());
  if (service !== undefined) return service;
  throw new CommandError(describeMissing("provisioning service", name, provisioning));
}

function describeMissing(
  what: string,
  name: string | undefined,
  there: readonly { readonly name: string }[],
): string {
  if (there.length === 0) return `The server has no ${what}.`;
  const names = there.map((candidate) => candidate.name).join(", ");
  return `The server has no ${what} '${name}'; it has: ${names}.`;
}
