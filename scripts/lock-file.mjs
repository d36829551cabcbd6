/**
 * Whether node_modules (npm describes it in node_modules/.package-lock.json) lacks something
 * that package-lock.json asks for. Leftovers are harmless and do not count.
 * @typedef {{ version?: string, integrity?: string, optional?: boolean }} Entry
 * @param {{ packages: Record<string, Entry> }} lock
 * @param {{ packages: Record<string, Entry> }} installed
 */
export function differsFromLock(lock, installed) {
  return Object.entries(lock.packages).some(([location, wanted]) => {
    if (!location.includes("node_modules/")) return false; // the root and the workspaces themselves
    const found = installed.packages[location];
    // Optional packages are made for one platform each; most are rightly absent.
    if (found === undefined) return wanted.optional !== true;
    return found.version !== wanted.version || found.integrity !== wanted.integrity;
  });
}
