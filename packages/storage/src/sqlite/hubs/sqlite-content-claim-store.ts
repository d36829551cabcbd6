import type { ContentClaim, ContentClaimStore, Twin } from "@larimar/domain";
import type Database from "better-sqlite3";
import type { RowOwner } from "../row-owner.ts";
import type { StateDatabase } from "../state-database.ts";
import type { SqliteTwinStore } from "../twins/sqlite-twin-store.ts";

/** The statements, prepared once for all hubs. */
export class ContentClaimStatements {
  readonly take: Database.Statement<[ContentClaim & { readonly hub: string }]>;
  readonly renew: Database.Statement<[ContentClaim & { readonly hub: string }]>;
  readonly release: Database.Statement<[hub: string, deviceId: string, holder: string]>;
  readonly removeExpired: Database.Statement<[hub: string, nowMs: number]>;

  constructor(state: StateDatabase) {
    const { connection } = state;
    this.take = connection.prepare(
      `INSERT INTO content_claims (hub, device_id, holder, expires_at_ms)
       VALUES (:hub, :deviceId, :holder, :expiresAtMs) ON CONFLICT DO NOTHING`,
    );
    this.renew = connection.prepare(
      `UPDATE content_claims SET expires_at_ms = :expiresAtMs
       WHERE hub = :hub AND device_id = :deviceId AND holder = :holder`,
    );
    this.release = connection.prepare(
      "DELETE FROM content_claims WHERE hub = ? AND device_id = ? AND holder = ?",
    );
    this.removeExpired = connection.prepare(
      "DELETE FROM content_claims WHERE hub = ? AND expires_at_ms <= ?",
    );
  }
}

/** Twins are in the same database, so that a twin is written only while the claim lasts. */
export class SqliteContentClaimStore implements ContentClaimStore {
  readonly #statements: ContentClaimStatements;
  readonly #twins: SqliteTwinStore;
  readonly #hub: RowOwner;

  constructor(statements: ContentClaimStatements, twins: SqliteTwinStore, hub: RowOwner) {
    this.#statements = statements;
    this.#twins = twins;
    this.#hub = hub;
  }

  take(claim: ContentClaim, nowMs: number): Promise<"taken" | "held"> {
    const { take, removeExpired } = this.#statements;
    return this.#hub.write(() => {
      // There are as many rows as there is content being applied, so nobody else needs to look for these.
      removeExpired.run(this.#hub.key, nowMs);
      return take.run({ ...claim, hub: this.#hub.key }).changes === 1 ? "taken" : "held";
    });
  }

  putTwin(
    claim: ContentClaim,
    {
      twin,
      expectedVersion,
    }: { readonly twin: Twin; readonly expectedVersion: number | undefined },
  ): Promise<"written" | "conflict" | "lost"> {
    const { renew } = this.#statements;
    return this.#hub.write(() => {
      if (renew.run({ ...claim, hub: this.#hub.key }).changes === 0) return "lost";
      return this.#twins.putNow(twin, expectedVersion);
    });
  }

  async release({ deviceId, holder }: Pick<ContentClaim, "deviceId" | "holder">): Promise<void> {
    const { release } = this.#statements;
    await this.#hub.write(() => release.run(this.#hub.key, deviceId, holder));
  }
}
