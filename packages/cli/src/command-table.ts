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
    name: "twin show",
    summary: "show the twin of a device",
    load: async () => (await import("./commands/twin/show.ts")).twinShow,
  },
  {
    name: "twin update",
    summary: "change tags and desired properties of a device",
    load: async () => (await import("./commands/twin/update.ts")).twinUpdate,
  },
  {
    name: "twin query",
    summary: "find twins with the query language",
    load: async () => (await import("./commands/twin/query.ts")).twinQuery,
  },
  {
    name: "send",
    summary: "send a command to a device, or telemetry as one",
    load: async () => (await import("./commands/send.ts")).send,
  },
  {
    name: "method",
    summary: "invoke a method of a device",
    load: async () => (await import("./commands/method.ts")).method,
  },
  {
    name: "hub list",
    summary: "list the hubs of the server",
    load: async () => (await import("./commands/hub/list.ts")).hubList,
  },
  {
    name: "hub create",
    summary: "make a hub, ready to be used",
    load: async () => (await import("./commands/hub/create.ts")).hubCreate,
  },
  {
    name: "hub show",
    summary: "show a hub and its settings",
    load: async () => (await import("./commands/hub/show.ts")).hubShow,
  },
  {
    name: "hub delete",
    summary: "delete a hub and everything in it",
    load: async () => (await import("./commands/hub/delete.ts")).hubDelete,
  },
  {
    name: "hub keys",
    summary: "show the keys of a hub, or make new ones",
    load: async () => (await import("./commands/hub/keys.ts")).hubKeys,
  },
  {
    name: "hub connection-string",
    summary: "print a connection string of a hub",
    load: async () => (await import("./commands/hub/connection-string.ts")).hubConnectionString,
  },
  {
    name: "hub consumer-group list",
    summary: "list consumer groups of a hub's events",
    load: async () => (await import("./commands/hub/consumer-group/list.ts")).consumerGroupList,
  },
  {
    name: "hub consumer-group create",
    summary: "make a consumer group",
    load: async () => (await import("./commands/hub/consumer-group/create.ts")).consumerGroupCreate,
  },
  {
    name: "hub consumer-group delete",
    summary: "delete a consumer group",
    load: async () => (await import("./commands/hub/consumer-group/delete.ts")).consumerGroupDelete,
  },
  {
    name: "dps list",
    summary: "list the provisioning services of the server",
    load: async () => (await import("./commands/dps/list.ts")).dpsList,
  },
  {
    name: "dps create",
    summary: "make a provisioning service",
    load: async () => (await import("./commands/dps/create.ts")).dpsCreate,
  },
  {
    name: "dps show",
    summary: "show a provisioning service and its settings",
    load: async () => (await import("./commands/dps/show.ts")).dpsShow,
  },
  {
    name: "dps delete",
    summary: "delete a provisioning service and everything in it",
    load: async () => (await import("./commands/dps/delete.ts")).dpsDelete,
  },
  {
    name: "dps link",
    summary: "let a provisioning service give devices to a hub",
    load: async () => (await import("./commands/dps/link.ts")).dpsLink,
  },
  {
    name: "dps unlink",
    summary: "let it give no more devices to a hub",
    load: async () => (await import("./commands/dps/unlink.ts")).dpsUnlink,
  },
  {
    name: "dps keys",
    summary: "show the keys of a provisioning service, or make new ones",
    load: async () => (await import("./commands/dps/keys.ts")).dpsKeys,
  },
  {
    name: "dps enrollment list",
    summary: "list enrollments",
    load: async () => (await import("./commands/dps/enrollment/list.ts")).enrollmentList,
  },
  {
    name: "dps enrollment create",
    summary: "enroll a device, or a group of devices, by keys",
    load: async () => (await import("./commands/dps/enrollment/create.ts")).enrollmentCreate,
  },
  {
    name: "dps enrollment show",
    summary: "show an enrollment with its keys",
    load: async () => (await import("./commands/dps/enrollment/show.ts")).enrollmentShow,
  },
  {
    name: "dps enrollment delete",
    summary: "delete an enrollment",
    load: async () => (await import("./commands/dps/enrollment/delete.ts")).enrollmentDelete,
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
  for (const count of [3, 2, 1]) {
    const entry = COMMANDS.find(({ name }) => name === words.slice(0, count).join(" "));
    if (entry !== undefined) return { entry, args: words.slice(count) };
  }
  return undefined;
}
