// `npm start`: sets up what is missing, then becomes the server. One process for both when there is
// nothing to set up, since starting Node twice takes longer than the checks.
import { spawnSync } from "node:child_process";
import module from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { bundleFile, isReadyToStart, root } from "./setup-state.mjs";

if (!isReadyToStart()) {
  const setup = path.join(root, "scripts", "setup.mjs");
  const { status } = spawnSync(process.execPath, [setup], { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
// From Node 22 on.
module.enableCompileCache?.(path.join(root, "node_modules", ".larimar", "compiled"));
process.argv.splice(1, 1, bundleFile, "start");
await import(pathToFileURL(bundleFile).href);
