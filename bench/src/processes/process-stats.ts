import { readdirSync, readFileSync } from "node:fs";

/** Linux reports process times in these units on every architecture Node runs on. */
const CLOCK_TICKS_PER_SECOND = 100;

/** CPU time of a process and its living descendants, all threads included. */
export function processCpuSeconds(pid: number): number {
  return sumOverTree(pid, (id) => {
    const stat = readFileSync(`/proc/${id}/stat`, "utf8");
    // The command name, the second field, may hold blanks and brackets: count from behind it.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [userTicks, systemTicks] = [Number(fields[11]), Number(fields[12])];
    return (userTicks + systemTicks) / CLOCK_TICKS_PER_SECOND;
  });
}

/** Resident memory of a process and its living descendants. */
export function processRssBytes(pid: number): number {
  return sumOverTree(pid, (id) => {
    const status = readFileSync(`/proc/${id}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  });
}

/** What a process has had written to disks, caches in between or not; nothing where they are in memory. */
export function processWrittenBytes(pid: number): number {
  const io = readFileSync(`/proc/${pid}/io`, "utf8");
  return Number(/^write_bytes: (\d+)$/m.exec(io)?.[1] ?? 0);
}

/** Busy time of one core, everybody's, since boot. */
export function coreBusySeconds(core: number): number {
  const line = readFileSync("/proc/stat", "utf8")
    .split("\n")
    .find((candidate) => candidate.startsWith(`cpu${core} `));
  if (line === undefined) throw new Error(`this machine has no core ${core}`);
  const [user, nice, system, , , interrupt, softInterrupt, steal] = line
    .split(" ")
    .slice(1)
    .map(Number);
  const ticks = user! + nice! + system! + interrupt! + softInterrupt! + steal!;
  return ticks / CLOCK_TICKS_PER_SECOND;
}

function sumOverTree(pid: number, read: (pid: number) => number): number {
  let sum = read(pid);
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const children = readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8");
    for (const child of children.split(" ").filter(Boolean)) {
      try {
        sum += sumOverTree(Number(child), read);
      } catch (error) {
        // A child that ended between the two reads no longer counts.
        if (!["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
      }
    }
  }
  return sum;
}
