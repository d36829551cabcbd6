import { cpus, platform, release, totalmem } from "node:os";

/** What a reader needs to know about the machine, and nothing that names it. */
export function describeMachine(): string {
  const [first] = cpus();
  const model = first?.model.replace(/\s+/g, " ").trim() ?? "unknown processor";
  const kernel = release().split("-")[0];
  const memory = Math.round(totalmem() / 1_073_741_824);
  return `${cpus().length} cores (${model}), ${memory} GB RAM, ${platform()} ${kernel}, Node ${process.version}`;
}
