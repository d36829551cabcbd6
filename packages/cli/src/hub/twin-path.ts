/** Where the twin of a device is, or that of one of its modules. */
export function twinPath(deviceId: string, moduleId: string | undefined): string {
  const module = moduleId === undefined ? "" : `/modules/${encodeURIComponent(moduleId)}`;
  return `/twins/${encodeURIComponent(deviceId)}${module}`;
}
