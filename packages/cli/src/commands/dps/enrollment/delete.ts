import { GROUP_OPTION, enrollmentPath } from "../../../server/enrollment.ts";
import { serviceCommand } from "../../../server/service-command.ts";

export const enrollmentDelete = serviceCommand({
  positionals: ["ID"],
  options: GROUP_OPTION,
  async run({ args, call }) {
    const [id = ""] = args.positionals;
    await call({ method: "DELETE", path: enrollmentPath(id, args.isSet("group")), ifMatch: "*" });
    return { text: `Enrollment ${id} was deleted.`, json: { id, isDeleted: true } };
  },
});
