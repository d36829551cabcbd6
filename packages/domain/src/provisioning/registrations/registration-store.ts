import type { Registration } from "./registration.ts";

/** The registrations of one service. Ids compare without case. */
export interface RegistrationStore {
  find(registrationId: string): Promise<Registration | undefined>;
  /** Compare-and-set: no expected etag means "must not exist yet". */
  put(
    registration: Registration,
    expectedEtag: string | undefined,
  ): Promise<"written" | "conflict">;
  /** No expected etag deletes whatever is there. */
  delete(
    registrationId: string,
    expectedEtag: string | undefined,
  ): Promise<"deleted" | "missing" | "conflict">;
  /** Those of one group, in order of lower-cased id, after the given one. */
  listOfGroup(
    enrollmentGroupId: string,
    page: { after?: string | undefined; limit: number },
  ): Promise<readonly Registration[]>;
  /** Those that still have identities to delete in hubs they left. */
  listWithRemovals(limit: number): Promise<readonly Registration[]>;
  /** Must not cost more with more registrations. */
  count(): Promise<number>;
}
