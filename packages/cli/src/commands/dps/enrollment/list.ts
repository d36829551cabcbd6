import type { Enrollment } from "../../../server/enrollment.ts";
import { serviceCommand } from "../../../server/service-command.ts";
import { table } from "../../../table.ts";

const ENROLLMENTS_MAX = 1000;

export const enrollmentList = serviceCommand({
  async run({ call }) {
    const query = (path: string) =>
      call<Enrollment[]>({
        method: "POST",
        path,
        body: { query: "SELECT * FROM enrollments" },
        headers: { "x-ms-max-item-count": String(ENROLLMENTS_MAX) },
      });
    const individuals = await query("/enrollments/query");
    const groups = await query("/enrollmentGroups/query");
    const rows = [...individuals, ...groups].map((one) => [
      one.registrationId ?? one.enrollmentGroupId ?? "",
      one.registrationId === undefined ? "group" : "individual",
      one.attestation.type,
      one.provisioningStatus,
    ]);
    const lines = [
      rows.length === 0
        ? "There are no enrollments."
        : table([["ENROLLMENT", "KIND", "ATTESTATION", "STATUS"], ...rows]),
    ];
    const isCut = [individuals, groups].some(({ length }) => length === ENROLLMENTS_MAX);
    if (isCut) lines.push(`(the first ${ENROLLMENTS_MAX} of each kind)`);
    return { text: lines.join("\n"), json: { individuals, groups } };
  },
});
