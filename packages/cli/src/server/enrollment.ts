/** The part of an enrollment's REST form that commands use. */
export interface Enrollment {
  readonly registrationId?: string;
  readonly enrollmentGroupId?: string;
  readonly deviceId?: string;
  readonly etag: string;
  readonly provisioningStatus: string;
  readonly attestation: {
    readonly type: string;
    readonly symmetricKey?: { readonly primaryKey?: string; readonly secondaryKey?: string };
  };
}

export const GROUP_OPTION = {
  group: { type: "boolean", usage: "a group of devices" },
} as const;

export function enrollmentPath(id: string, isGroup: boolean, rest = ""): string {
  return `/${isGroup ? "enrollmentGroups" : "enrollments"}/${encodeURIComponent(id)}${rest}`;
}
