import { UsageError } from "../../../command-error.ts";
import type { Enrollment } from "../../../server/enrollment.ts";
import { GROUP_OPTION, enrollmentPath } from "../../../server/enrollment.ts";
import { serviceCommand } from "../../../server/service-command.ts";

export const enrollmentCreate = serviceCommand({
  positionals: ["ID"],
  options: {
    ...GROUP_OPTION,
    "device-id": {
      type: "string",
      argument: "ID",
      usage: "what its device is called in the hub (default: as here)",
    },
  },
  async run({ args, call, service }) {
    const [id = ""] = args.positionals;
    const isGroup = args.isSet("group");
    const deviceId = args.text("device-id");
    if (isGroup && deviceId !== undefined) {
      throw new UsageError("--device-id is for a single device, and not for a group.");
    }
    const enrollment = await call<Enrollment>({
      method: "PUT",
      path: enrollmentPath(id, isGroup),
      body: {
        ...(isGroup ? { enrollmentGroupId: id } : { registrationId: id }),
        ...(deviceId !== undefined && { deviceId }),
        attestation: { type: "symmetricKey" },
      },
    });
    const mechanism = await call<Enrollment["attestation"]>({
      method: "POST",
      path: enrollmentPath(id, isGroup, "/attestationmechanism"),
    });
    const primaryKey = mechanism.symmetricKey?.primaryKey ?? "";
    const what = isGroup ? "Group" : "Device";
    return {
      text: [
        `${what} ${id} was enrolled. What its client needs:`,
        `  host ${service.hostName}, id scope ${service.idScope}`,
        `  ${isGroup ? "key, from which each device's is derived" : "key"}: ${primaryKey}`,
      ].join("\n"),
      json: { enrollment, idScope: service.idScope, primaryKey },
    };
  },
});
