import type { Secrets } from "../../access/secrets.ts";
import type { EtagCondition } from "../../devices/device-registry.ts";
import type { Clock } from "../../time/clock.ts";
import type { ProvisioningLimits } from "../limits/provisioning-limits.ts";
import { argumentInvalid, ProvisioningError } from "../provisioning-error.ts";
import type { ProvisioningErrorCode } from "../provisioning-error.ts";
import { checkProvisioningId } from "../provisioning-ids.ts";
import type { ProvisioningPage, ProvisioningPageRequest } from "../query/query-pages.ts";
import { queryPages } from "../query/query-pages.ts";
import type { Enrollment } from "./enrollment.ts";
import { enrollmentField } from "./enrollment-fields.ts";
import type { EnrollmentStore } from "./enrollment-store.ts";

export interface EnrollmentsParts<E extends Enrollment, I extends { readonly id: string }> {
  readonly kind: E["kind"];
  readonly store: EnrollmentStore<E>;
  /** What the input means for this kind; secrets that it leaves out come from the current one. */
  readonly resolve: (
    input: I,
    current: E | undefined,
  ) => Omit<E, "kind" | "id" | "etag" | "createdAtMs" | "updatedAtMs">;
  /** Throws `QuotaExceeded` when there may not be another one like this. */
  readonly checkRoom: (next: E) => Promise<void>;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly limits: ProvisioningLimits;
}

export const ENROLLMENT_BULK_MODES = ["create", "update", "updateIfMatchETag", "delete"] as const;
export type EnrollmentBulkMode = (typeof ENROLLMENT_BULK_MODES)[number];

export interface EnrollmentBulkItem<I> {
  readonly input: I;
  readonly etag: string | undefined;
}

export interface EnrollmentBulkError {
  readonly id: string;
  readonly code: ProvisioningErrorCode;
  readonly message: string;
}

/** Which devices may register, one by one or as groups. */
export class Enrollments<E extends Enrollment, I extends { readonly id: string }> {
  readonly #parts: EnrollmentsParts<E, I>;

  constructor(parts: EnrollmentsParts<E, I>) {
    this.#parts = parts;
  }

  /** With its secrets. Throws `EnrollmentNotFound`. */
  async get(id: string): Promise<E> {
    const found = await this.#parts.store.find(id);
    if (found === undefined) throw enrollmentNotFound(id);
    return found;
  }

  /**
   * Creates or replaces; with a condition, replaces only. Throws `ArgumentInvalid`, `EnrollmentNotFound`,
   * `PreconditionFailed`, `QuotaExceeded`.
   */
  async put(input: I, condition?: EtagCondition): Promise<E> {
    for (;;) {
      const current = await this.#parts.store.find(input.id);
      if (condition !== undefined) checkCondition(input.id, current, condition);
      const written = await this.#write(input, current);
      if (written !== undefined) return written;
    }
  }

  /** Throws `EnrollmentAlreadyExists`, `ArgumentInvalid`, `QuotaExceeded`. */
  async create(input: I): Promise<E> {
    for (;;) {
      const current = await this.#parts.store.find(input.id);
      if (current !== undefined) {
        throw new ProvisioningError(
          "EnrollmentAlreadyExists",
          `Enrollment '${input.id}' already exists`,
          { id: input.id },
        );
      }
      const written = await this.#write(input, undefined);
      if (written !== undefined) return written;
    }
  }

  /** Registrations that it let in stay. Throws `EnrollmentNotFound`, `PreconditionFailed`. */
  async delete(id: string, condition: EtagCondition): Promise<void> {
    const expectedEtag = condition === "any" ? undefined : condition.etag;
    const outcome = await this.#parts.store.delete(id, expectedEtag);
    if (outcome === "missing") throw enrollmentNotFound(id);
    if (outcome === "conflict") throw preconditionFailed(id);
  }

  /** Each on its own: what fails is told, the rest happens. Throws `ArgumentInvalid` for too many. */
  async bulk(
    mode: EnrollmentBulkMode,
    items: readonly EnrollmentBulkItem<I>[],
  ): Promise<readonly EnrollmentBulkError[]> {
    const { bulkItemsMax } = this.#parts.limits;
    if (items.length > bulkItemsMax) {
      throw argumentInvalid(`A bulk operation has at most ${bulkItemsMax} enrollments`);
    }
    const errors: EnrollmentBulkError[] = [];
    for (const item of items) {
      try {
        await this.#bulkItem(mode, item);
      } catch (error) {
        if (!(error instanceof ProvisioningError)) throw error;
        errors.push({ id: item.input.id, code: error.code, message: error.message });
      }
    }
    return errors;
  }

  /** Throws `ArgumentInvalid` for a query that cannot be read. */
  query(text: string, page: ProvisioningPageRequest): Promise<ProvisioningPage<E>> {
    const { store, limits } = this.#parts;
    return queryPages({
      text,
      page,
      limits,
      list: (chunk) => store.list(chunk),
      idOf: (enrollment) => enrollment.id,
      field: enrollmentField,
    });
  }

  async #bulkItem(mode: EnrollmentBulkMode, { input, etag }: EnrollmentBulkItem<I>): Promise<void> {
    switch (mode) {
      case "create":
        await this.create(input);
        return;
      case "update":
        await this.put(input, "any");
        return;
      case "updateIfMatchETag":
        if (etag === undefined) throw argumentInvalid(`'${input.id}' has no ETag to compare`);
        await this.put(input, { etag });
        return;
      case "delete":
        await this.delete(input.id, "any");
        return;
    }
  }

  /** Undefined when somebody else was faster. */
  async #write(input: I, current: E | undefined): Promise<E | undefined> {
    const { kind, store, resolve, checkRoom, secrets, clock } = this.#parts;
    checkProvisioningId(input.id, kind === "group" ? "enrollment group" : "registration");
    const nowMs = clock.now();
    const next = {
      ...resolve(input, current),
      kind,
      id: current?.id ?? input.id,
      etag: secrets.createUuid(),
      createdAtMs: current?.createdAtMs ?? nowMs,
      updatedAtMs: nowMs,
    } as E;
    if (current?.attestation.type !== next.attestation.type) await checkRoom(next);
    return (await store.put(next, current?.etag)) === "written" ? next : undefined;
  }
}

function checkCondition(
  id: string,
  current: { readonly etag: string } | undefined,
  condition: EtagCondition,
): void {
  if (current === undefined) throw enrollmentNotFound(id);
  if (condition !== "any" && condition.etag !== current.etag) throw preconditionFailed(id);
}

function enrollmentNotFound(id: string): ProvisioningError {
  return new ProvisioningError("EnrollmentNotFound", `Enrollment '${id}' not found`, { id });
}

function preconditionFailed(id: string): ProvisioningError {
  return new ProvisioningError("PreconditionFailed", `The ETag of '${id}' does not match`, { id });
}
