import type { Secrets } from "../access/secrets.ts";
import type { SharedAccessPolicy } from "../access/shared-access-policy.ts";
import type { FeedbackSettings } from "../commands/command-settings.ts";
import { HubError } from "../errors/hub-error.ts";
import { isContainerName } from "../files/blobs/blob-names.ts";
import { checkRoutingSettings } from "../routing/check-routing-settings.ts";
import type { HubSettings } from "./hub-settings.ts";
import { DEFAULT_CONSUMER_GROUP } from "./hub-settings.ts";

/** Settings beyond these are refused. */
const HUB_SETTINGS_LIMITS = {
  policiesMax: 16,
  consumerGroupsMax: 50,
  tagsMax: 50,
} as const;

const POLICY_NAME = /^[A-Za-z0-9._-]{1,64}$/;
const CONSUMER_GROUP = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,48}[A-Za-z0-9])?$/;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Whether a hub can work with these settings. Throws `ArgumentInvalid`. */
export function checkHubSettings(settings: HubSettings, secrets: Pick<Secrets, "isKey">): void {
  const { policies, consumerGroups, eventRetention, commands, fileUpload, resource } = settings;
  checkPolicies(policies, secrets);
  checkConsumerGroups(consumerGroups);
  checkRange("The time that events are kept", eventRetention.ageMs, 1000, Infinity);
  checkRange("The bytes of events that are kept", eventRetention.bytesMax, 1, Infinity);
  checkRange("The default time to live of commands", commands.defaultTimeToLiveMs, 1, 48 * HOUR_MS);
  checkRange("The deliveries of a command", commands.deliveryCountMax, 1, 100);
  checkNotifications("feedback", commands.feedback);
  checkNotifications("file notifications", fileUpload.notifications);
  checkRange("The time for an upload", fileUpload.timeToLiveMs, MINUTE_MS, 24 * HOUR_MS);
  if (!isContainerName(fileUpload.storage.containerName)) {
    throw invalid(`'${fileUpload.storage.containerName}' is no name of a container`);
  }
  if (Object.keys(resource.tags).length > HUB_SETTINGS_LIMITS.tagsMax) {
    throw invalid(`A hub has at most ${HUB_SETTINGS_LIMITS.tagsMax} tags`);
  }
  checkRange("The units of a hub", resource.units, 1, 200);
  checkRoutingSettings(settings.routing);
}

function checkPolicies(
  policies: readonly SharedAccessPolicy[],
  secrets: Pick<Secrets, "isKey">,
): void {
  const { policiesMax } = HUB_SETTINGS_LIMITS;
  if (policies.length > policiesMax) throw invalid(`A hub has at most ${policiesMax} policies`);
  const seen = new Set<string>();
  for (const { name, rights, primaryKey, secondaryKey } of policies) {
    if (!POLICY_NAME.test(name)) {
      throw invalid(`The name of policy '${name}' is not 1 to 64 letters, digits and . _ -`);
    }
    if (seen.has(name.toLowerCase())) throw invalid(`There are two policies named '${name}'`);
    seen.add(name.toLowerCase());
    if (rights.length === 0) throw invalid(`Policy '${name}' grants nothing`);
    if (!secrets.isKey(primaryKey) || !secrets.isKey(secondaryKey)) {
      throw invalid(`The keys of policy '${name}' are base64 text of 16 to 64 bytes`);
    }
  }
}

function checkConsumerGroups(groups: readonly string[]): void {
  const { consumerGroupsMax } = HUB_SETTINGS_LIMITS;
  if (groups.length > consumerGroupsMax) {
    throw invalid(`A hub has at most ${consumerGroupsMax} consumer groups`);
  }
  if (!groups.includes(DEFAULT_CONSUMER_GROUP)) {
    throw invalid(`Consumer group '${DEFAULT_CONSUMER_GROUP}' cannot be removed`);
  }
  const own = groups.filter((group) => group !== DEFAULT_CONSUMER_GROUP);
  const bad = own.find((group) => !CONSUMER_GROUP.test(group));
  if (bad !== undefined) {
    throw invalid(
      `The name of consumer group '${bad}' is not 1 to 50 letters, digits and inner . _ -`,
    );
  }
  if (new Set(groups.map((group) => group.toLowerCase())).size < groups.length) {
    throw invalid("Two consumer groups have the same name");
  }
}

function checkNotifications(what: string, settings: FeedbackSettings): void {
  checkRange(`The time to live of ${what}`, settings.timeToLiveMs, MINUTE_MS, 48 * HOUR_MS);
  checkRange(`The lock duration of ${what}`, settings.lockDurationMs, 5000, 300_000);
  checkRange(`The deliveries of ${what}`, settings.deliveryCountMax, 1, 100);
}

function checkRange(what: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  const range = most === Infinity ? `at least ${least}` : `from ${least} to ${most}`;
  throw invalid(`${what} is a whole number ${range}, and not ${value}`);
}

function invalid(message: string): HubError {
  return new HubError("ArgumentInvalid", message);
}
