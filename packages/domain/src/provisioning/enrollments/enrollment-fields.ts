import type { QueryValue } from "../query/query-condition.ts";
import type { Enrollment } from "./enrollment.ts";

/** What a query can ask about an enrollment, by the names it has for clients, in lower case. */
export function enrollmentField(enrollment: Enrollment, path: string): QueryValue {
  switch (path) {
    case "registrationid":
      return enrollment.kind === "individual" ? enrollment.id : undefined;
    case "enrollmentgroupid":
      return enrollment.kind === "group" ? enrollment.id : undefined;
    case "deviceid":
      return enrollment.kind === "individual" ? enrollment.deviceId : undefined;
    case "etag":
      return enrollment.etag;
    case "provisioningstatus":
      return enrollment.provisioningStatus;
    case "iothubhostname":
      return enrollment.iotHubHostName;
    case "allocationpolicy":
      return enrollment.allocationPolicy;
    case "attestation.type":
      return enrollment.attestation.type;
    case "capabilities.iotedge":
      return enrollment.capabilities.iotEdge;
    case "reprovisionpolicy.updatehubassignment":
      return enrollment.reprovisionPolicy.updateHubAssignment;
    case "reprovisionpolicy.migratedevicedata":
      return enrollment.reprovisionPolicy.migrateDeviceData;
    default:
      return undefined;
  }
}
