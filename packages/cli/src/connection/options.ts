export const HUB_OPTION = {
  type: "string",
  argument: "NAME",
  usage: "another hub than the default one",
} as const;

export const DPS_OPTION = {
  type: "string",
  argument: "NAME",
  usage: "another provisioning service than the default one",
} as const;
