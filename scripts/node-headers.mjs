import { readFileSync } from "node:fs";
import path from "node:path";

/**
 * The folder whose include/node fits the running Node, as node-gyp's `nodedir` wants it.
 * Undefined when there is none, which leaves the matter to node-gyp.
 * @param {{ execPath: string, platform: string, arch: string, versions: { modules: string } }} node
 */
export function findHeaders(node = process) {
  const prefix = path.dirname(path.dirname(node.execPath));
  // The npm package `node` keeps the binary itself and the rest in a package per platform.
  const platformPackage = `node-${node.platform}-${node.arch}`;
  const candidates = [
    prefix,
    path.join(prefix, "node_modules", platformPackage),
    path.join(path.dirname(prefix), platformPackage),
  ];
  return candidates.find((folder) => moduleVersion(folder) === node.versions.modules);
}

function moduleVersion(folder) {
  try {
    const header = readFileSync(path.join(folder, "include", "node", "node_version.h"), "utf8");
    return /^#define NODE_MODULE_VERSION (\d+)$/m.exec(header)?.[1];
  } catch {
    return undefined;
  }
}
