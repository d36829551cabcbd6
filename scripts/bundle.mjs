// Puts what `larimar` is made of into few files: loading some eight hundred modules one by one takes
// longer than everything else a start does. Dependencies stay where npm put them, except zod, which is a
// hundred modules more; workers stay files of their own.
import { rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { build } from "esbuild";
import { bundleFile, root } from "./setup-state.mjs";

const outputFolder = path.dirname(bundleFile);
const BUNDLED = /^(?:@larimar\/|zod(?:\/|$))/;

/** Modules find files beside them by their own address, which in a bundle is that of the bundle. */
const ownAddresses = {
  name: "own-addresses",
  setup(bundler) {
    bundler.onLoad(
      { filter: /[\\/]packages[\\/][^\\/]+[\\/]dist[\\/].*\.js$/ },
      async ({ path: file }) => {
        const text = await readFile(file, "utf8");
        if (!text.includes("import.meta.url")) return undefined;
        const from = path.relative(outputFolder, file).split(path.sep).join("/");
        const address = `new URL(${JSON.stringify(from)}, import.meta.url).href`;
        return { contents: text.replaceAll("import.meta.url", address), loader: "js" };
      },
    );
  },
};

/** What stays outside must mean the same package to the bundle as to the module that asked for it. */
const dependencies = {
  name: "dependencies",
  setup(bundler) {
    bundler.onResolve({ filter: /^[^./]/ }, ({ path: name, importer, kind }) => {
      if (kind === "entry-point" || BUNDLED.test(name) || name.startsWith("node:"))
        return undefined;
      if (importer.includes(`${path.sep}node_modules${path.sep}`)) return undefined;
      const meant = createRequire(importer).resolve(name);
      if (createRequire(bundleFile).resolve(name) === meant) return { path: name, external: true };
      return { errors: [{ text: `${name} is another package where the bundle lies` }] };
    });
  },
};

rmSync(outputFolder, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: { larimar: path.join("packages", "cli", "dist", "main.js") },
  outdir: outputFolder,
  bundle: true,
  // Each command loads what it needs and no more.
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  plugins: [ownAddresses, dependencies],
  logLevel: "warning",
});
