import type { DatabaseKind } from "../database-files/database-kind.ts";
import { eventLog } from "../migrations/events/0001-event-log.ts";
import { fewerPagesACommit } from "../migrations/events/0002-fewer-pages-a-commit.ts";

export const EVENTS_DATABASE: DatabaseKind = {
  fileName: "events.db",
  applicationId: 0x4c_4d_45_56, // "LMEV"
  // Rows are large: fewer, larger pages cost less. Even larger ones make small commits expensive.
  pageBytes: 8192,
  migrations: [eventLog, fewerPagesACommit],
};
