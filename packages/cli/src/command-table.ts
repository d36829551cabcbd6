import type { Command } from "./command.ts";

export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  /** Loaded when it is called: no command pays for what another needs. */
  load(): Promise<Command>;
}

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "start",
    summary: "run a server",
    load: async () => (await import("./commands/start.ts")).start,
  },
  {
    name: "env",
    summary: "print the exports a shell needs to use a server",
    load: async () => (await import("./commands/env.ts")).env,
  },
  {
    name: "device create",
    summary: "make a device and print its connection string",
    load: async () => (await import("./commands/device/create.ts")).deviceCreate,
  },
  {
    name: "device list",
    summary: "list devices",
    load: async () => (await import("./commands/device/list.ts")).deviceList,
  },
  {
    name: "device show",
    summary: "show a device",
    load: async () => (await import("./commands/device/show.ts")).deviceShow,
  },
  {
    name: "device delete",
    summary: "delete a device",
    load: async () => (await import("./commands/device/delete.ts")).deviceDelete,
  },
  {
    name: "device connection-string",
    summary: "print the connection string of a device",
    load: async () =>
      (await import("./commands/device/connection-string.ts")).deviceConnectionString,
  },
  {
    name: "monitor",
    summary: "show events as they arrive",
    load: async () => (await import("./commands/monitor.ts")).monitor,
  },
  {
    name: "config print",
    summary: "print the effective options of `start`, secrets masked",
    load: async () => (await import("./commands/config/print.ts")).configPrint,
  },
  {
    name: "reset",
    summary: "delete everything in a data directory",
    load: async () => (await import("./commands/reset.ts")).reset,
  },
];

/** The command that the first words name, and what is left for it. */
export function findCommand(
  words: readonly string[],
): { entry: CommandEntry; args: readonly string[] } | undefined {
  for (const count of [2, 1]) {
    const entry = COMMANDS.find(({ name }) => name === words.slice(0, count).join(" "));
    if (entry !== undefined) return { entry, args: words.slice(count) };
  }
  return undefined;
}
