import { readFile } from "node:fs/promises";
import path from "node:path";
import { CommandError } from "../command-error.ts";

/** The part of `connection.json` that commands use. */
export interface Connection {
  readonly host: string;
  readonly ports: { readonly mqtt: number; readonly amqp: number; readonly https: number };
  readonly caFile: string;
  readonly hubs: readonly HubConnection[];
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
  const names = hubs.map((candidate) => candidate.name).join(", ");
  throw new CommandError(`The server has no hub '${name}'; it has: ${names}.`);
}
