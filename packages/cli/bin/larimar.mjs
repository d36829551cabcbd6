#!/usr/bin/env node
// npm links commands when it installs, which is before anything is built: this file is always there.
import { existsSync } from "node:fs";

const built = new URL("../dist/bundle/larimar.js", import.meta.url);
if (existsSync(built)) {
  await import("../dist/bundle/larimar.js");
} else {
  console.error("larimar: This clone is not built yet; `npm run build` or `npm start` does it.");
  process.exitCode = 1;
}
