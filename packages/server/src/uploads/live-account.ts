import type { HubSettings, UploadAccount } from "@larimar/domain";
import type { ChooseAccountParts } from "./choose-account.ts";
import { chooseAccount } from "./choose-account.ts";

/** The account of the settings as they are when a device asks; made anew only when they have changed. */
export function createLiveAccount(
  parts: Omit<ChooseAccountParts, "settings">,
): (settings: HubSettings) => UploadAccount | undefined {
  let chosenFor: HubSettings | undefined;
  let account: UploadAccount | undefined;
  return (settings) => {
    if (settings !== chosenFor) {
      account = chooseAccount({ ...parts, settings });
      chosenFor = settings;
    }
    return account;
  };
}
