import { checkId } from "../../devices/identity-rules.ts";
import { HubError } from "../../errors/hub-error.ts";
import type { JsonObject } from "../../json/json-value.ts";
import { checkPatch, checkSize, PROPERTIES_LIMITS, TAGS_LIMITS } from "../../twins/twin-rules.ts";
import { argumentInvalid } from "../provisioning-error.ts";
import type { AttestationInput } from "./attestation-input.ts";
import type { EnrollmentGroup, IndividualEnrollment } from "./enrollment.ts";
import { DEFAULT_REPROVISION_POLICY } from "./enrollment.ts";

/** What a client may decide about an enrollment; absent members get their defaults. */
export interface EnrollmentGroupInput {
  readonly id: string;
  readonly attestation?: AttestationInput | undefined;
  readonly provisioningStatus?: EnrollmentGroup["provisioningStatus"] | undefined;
  readonly capabilities?: EnrollmentGroup["capabilities"] | undefined;
  readonly iotHubHostName?: string | undefined;
  readonly iotHubs?: readonly string[] | undefined;
  readonly initialTwin?: EnrollmentGroup["initialTwin"];
  readonly reprovisionPolicy?: EnrollmentGroup["reprovisionPolicy"] | undefined;
  readonly allocationPolicy?: EnrollmentGroup["allocationPolicy"];
  readonly customAllocation?: EnrollmentGroup["customAllocation"];
}

export interface IndividualEnrollmentInput extends EnrollmentGroupInput {
  readonly deviceId?: string | undefined;
  readonly optionalDeviceInformation?: JsonObject | undefined;
}

type SharedMembers = Omit<
  EnrollmentGroup,
  "kind" | "id" | "attestation" | "etag" | "createdAtMs" | "updatedAtMs"
>;

/** Throws `ArgumentInvalid`. */
export function sharedMembers(input: EnrollmentGroupInput): SharedMembers {
  const { iotHubs = [], allocationPolicy, customAllocation, initialTwin } = input;
  if (allocationPolicy === "static" && iotHubs.length > 1) {
    throw argumentInvalid("A static allocation names one hub");
  }
  if (allocationPolicy === "custom") checkWebhook(customAllocation);
  if (initialTwin !== undefined) {
    checkObject("initialTwin.tags", initialTwin.tags, TAGS_LIMITS);
    checkObject("initialTwin.properties.desired", initialTwin.desired, PROPERTIES_LIMITS);
  }
  return {
    provisioningStatus: input.provisioningStatus ?? "enabled",
    capabilities: input.capabilities ?? { iotEdge: false },
    iotHubHostName: input.iotHubHostName || undefined,
    iotHubs,
    initialTwin,
    reprovisionPolicy: input.reprovisionPolicy ?? DEFAULT_REPROVISION_POLICY,
    allocationPolicy,
    customAllocation,
  };
}

/** Throws `ArgumentInvalid`. */
export function individualMembers(
  input: IndividualEnrollmentInput,
): Pick<IndividualEnrollment, "deviceId" | "optionalDeviceInformation"> {
  const deviceId = input.deviceId || undefined;
  if (deviceId !== undefined) inOwnWords(() => checkId(deviceId, "device"));
  const { optionalDeviceInformation } = input;
  if (optionalDeviceInformation !== undefined) {
    checkObject("optionalDeviceInformation", optionalDeviceInformation, PROPERTIES_LIMITS);
  }
  return { deviceId, optionalDeviceInformation };
}

function checkWebhook(definition: EnrollmentGroup["customAllocation"]): void {
  if (definition === undefined || !/^https?:\/\/[^\s]+$/i.test(definition.webhookUrl)) {
    throw argumentInvalid("A custom allocation needs the URL of its webhook");
  }
  if (definition.apiVersion === "") {
    throw argumentInvalid("A custom allocation needs the api-version of its webhook");
  }
}

function checkObject(name: string, object: JsonObject, limits: typeof TAGS_LIMITS): void {
  inOwnWords(() => {
    checkPatch(name, object, limits);
    checkSize(name, {}, object, limits);
  });
}

/** The twin's and the registry's own rules, in the words of this service. */
function inOwnWords(check: () => void): void {
  try {
    check();
  } catch (error) {
    if (error instanceof HubError) throw argumentInvalid(error.message);
    throw error;
  }
}
