/** Wraps a command so that it and all its threads stay on one core; without a core the command is returned as it is. */
export function pinnedCommand(options: {
  command: string;
  args: readonly string[];
  core: number | undefined;
}): { command: string; args: string[] } {
  const { command, args, core } = options;
  if (core === undefined) return { command, args: [...args] };
  return { command: "taskset", args: ["--cpu-list", String(core), command, ...args] };
}
