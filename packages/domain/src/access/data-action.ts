/** What a caller with a role does to a hub, finer than the rights of policies. */
export const DATA_ACTIONS = [
  "cloudToDeviceMessages/feedback/action",
  "cloudToDeviceMessages/queue/purge/action",
  "cloudToDeviceMessages/send/action",
  "configurations/applyToEdgeDevice/action",
  "configurations/delete",
  "configurations/read",
  "configurations/testQueries/action",
  "configurations/write",
  "devices/delete",
  "devices/read",
  "devices/write",
  "directMethods/invoke/action",
  "fileUpload/notifications/action",
  "jobs/delete",
  "jobs/read",
  "jobs/write",
  "statistics/read",
  "twins/read",
  "twins/write",
] as const;

export type DataAction = (typeof DATA_ACTIONS)[number];

export const DATA_ROLES = [
  "reader",
  "dataContributor",
  "registryContributor",
  "twinContributor",
] as const;

export type DataRole = (typeof DATA_ROLES)[number];

const ALLOWS: Readonly<Record<DataRole, (action: DataAction) => boolean>> = {
  reader: (action) => action.endsWith("/read"),
  dataContributor: () => true,
  registryContributor: (action) => action.startsWith("devices/"),
  twinContributor: (action) => action.startsWith("twins/"),
};

export function allows(roles: readonly DataRole[], action: DataAction): boolean {
  return roles.some((role) => ALLOWS[role](action));
}

const NAMES: ReadonlyMap<string, DataRole> = new Map([
  ["reader", "reader"],
  ["datareader", "reader"],
  ["datacontributor", "dataContributor"],
  ["registrycontributor", "registryContributor"],
  ["twincontributor", "twinContributor"],
]);

/** `IoT Hub Data Contributor`, `Data Contributor`, `data-contributor`: one role. Undefined for no role. */
export function roleNamed(name: string): DataRole | undefined {
  const letters = name.toLowerCase().replaceAll(/[^a-z]/g, "");
  return NAMES.get(letters.replace(/^iothub/, ""));
}
