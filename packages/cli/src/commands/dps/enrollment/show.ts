import type { Enrollment } from "../../../server/enrollment.ts";
import { GROUP_OPTION, enrollmentPath } from "../../../server/enrollment.ts";
import { serviceCommand } from "../../../server/service-command.ts";

export const enrollmentShow = serviceCommand({
  positionals: ["ID"],
  options: GROUP_OPTION,
  async run({ args, call }) {
    const [id = ""] = args.positionals;
    const isGroup = args.isSet("group");
    const enrollment = await call<Enrollment>({ method: "GET", path: enrollmentPath(id, isGroup) });
    const attestation = await call<Enrollment["attestation"]>({
      method: "POST",
      path: enrollmentPath(id, isGroup, "/attestationmechanism"),
    });
    const whole = { ...enrollment, attestation };
    return { text: JSON.stringify(whole, null, 2), json: whole };
  },
});
