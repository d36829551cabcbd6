export const HUB_OPTION = {
  type: "string",
  usage: "--hub NAME    another hub than the default one",
} as const;

export const DPS_OPTION = {
  type: "string",
  usage: "--dps NAME    another provisioning service than the default one",
} as const;
