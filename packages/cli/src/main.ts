#!/usr/bin/env node
import { runCommandLine } from "./run-command.ts";

// Whoever reads the output may go away (`larimar monitor | head`); that is no reason to crash.
process.stdout.on("error", () => undefined);
process.stderr.on("error", () => undefined);

process.exitCode = await runCommandLine({
  args: process.argv.slice(2),
  environment: process.env,
  print: (text) => console.log(text),
  complain: (text) => console.error(text),
});
