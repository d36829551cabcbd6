import type { IdentityKey, JsonObject, Query, QueryTarget } from "@larimar/domain";
import {
  GroupRows,
  HubError,
  QUERY_GROUPS_MAX,
  matchesCondition,
  projectRow,
} from "@larimar/domain";
import type Database from "better-sqlite3";
import { toStorageError } from "../../storage-error.ts";
import { connect } from "../database-files/connect.ts";
import { inSnapshot } from "../database-files/in-snapshot.ts";
import { ConditionCompiler, NotInSql } from "./compile/compile-condition.ts";
import { compileGroups } from "./groups/compile-groups.ts";
import type { FoundRow } from "./document-reader.ts";
import { DocumentReader } from "./document-reader.ts";
import { GroupLines } from "./groups/group-lines.ts";
import { sourceOf } from "./compile/query-source.ts";
import { ALWAYS, sql } from "./compile/sql.ts";
import { fillMemory } from "./memory/fill-memory.ts";
import { MemorySearch } from "./memory/memory-search.ts";
import { QueryStopped, startBudget } from "./scan/check-budget.ts";
import type { ScanLimits, ScanParts } from "./scan/query-scan.ts";
import { QueryScan, SCAN_LIMITS } from "./scan/query-scan.ts";
import type { QueryCalls, QueryDone, QueryFailure, QueryRequest } from "./threads/query-calls.ts";
import { StatementCache } from "./statement-cache.ts";

type Request<K extends keyof QueryCalls> = QueryCalls[K]["request"];
type Reply<K extends keyof QueryCalls> = QueryCalls[K]["reply"];

const READ_ONLY = { readonly: true, fileMustExist: true, timeout: 1000 };
/** Pages of the file that are read where they lie in memory, instead of being copied first. */
const MAPPED_BYTES_MAX = 2 ** 31 - 2 ** 16;

/** Of those that say which rows were found, roughly. */
const CHARACTERS_PER_ROW = 64;
const NO_TAIL = sql``;

type Found = FoundRow & { readonly document: JsonObject | undefined };

/** A connection for queries; lives in a worker of its own. */
export class QueryReader {
  readonly #file: string;
  readonly #pageBytesMax: number;
  readonly #scanLimits: ScanLimits;
  readonly #database: Database.Database;
  readonly #statements: StatementCache;
  readonly #documents: DocumentReader;

  constructor({ file, pageBytesMax }: Request<"open">, scanLimits = SCAN_LIMITS) {
    this.#file = file;
    this.#scanLimits = scanLimits;
    this.#pageBytesMax = pageBytesMax;
    this.#database = this.#try(() => connect(file, READ_ONLY));
    this.#database.pragma(`mmap_size = ${MAPPED_BYTES_MAX}`);
    this.#statements = new StatementCache(this.#database);
    this.#documents = new DocumentReader(this.#database);
  }

  page(request: Request<"page">): Reply<"page"> {
    return this.#perform(request, (parts) => {
      const { query, hub, limit } = request;
      const texts: string[] = [];
      let bytes = 0;
      let last: number | undefined;
      for (const found of this.#find(query, request, parts)) {
        if (texts.length === limit) return { rows: toArray(texts), after: String(last) };
        const document = found.document ?? this.#documents.read(query.collection, hub, found);
        if (document === undefined) continue;
        const text = JSON.stringify(projectRow(query, document));
        // A page has at least one row; otherwise a query could come to no end.
        if (texts.length > 0 && bytes + text.length > this.#pageBytesMax) {
          return { rows: toArray(texts), after: String(last) };
        }
        texts.push(text);
        bytes += text.length;
        last = found.id;
      }
      return { rows: toArray(texts), after: undefined };
    });
  }

  keys(request: Request<"keys">): Reply<"keys"> {
    return this.#perform(request, (parts) => {
      const keys: IdentityKey[] = [];
      let last: number | undefined;
      for (const { id, key } of this.#find(request.target, request, parts)) {
        if (keys.length === request.limit) return { keys, after: String(last) };
        keys.push(key);
        last = id;
      }
      return { keys, after: undefined };
    });
  }

  groups(request: Request<"groups">): Reply<"groups"> {
    return this.#perform(request, (parts) => {
      const { query } = request;
      const groups = new GroupRows(query);
      for (const add of this.#additions(query, parts, groups)) {
        add();
        if (groups.count > QUERY_GROUPS_MAX) {
          throw new HubError(
            "ArgumentInvalid",
            `The query has more than ${QUERY_GROUPS_MAX} groups; a condition makes them fewer`,
          );
        }
      }
      return { rows: JSON.stringify(groups.rows()) };
    });
  }

  fillMemory({ column, ...budget }: Request<"fillMemory">): Reply<"fillMemory"> {
    return this.#inSnapshot(() => {
      fillMemory(this.#statements, column, startBudget(budget));
      return { kind: "done" };
    });
  }

  close(): void {
    this.#database.close();
  }

  /** What is to be added to the groups, chunk by chunk. */
  *#additions(query: Query, parts: ScanParts, groups: GroupRows): Generator<() => void> {
    const compiler = new ConditionCompiler(query.collection);
    const compiled = inSql(() => ({
      where: compiler.holds(query.where),
      groups: compileGroups(query, compiler),
    }));
    if (compiled === undefined) {
      const { collection } = query;
      for (const found of this.#find(query, { after: undefined, limit: 0 }, parts)) {
        const document = found.document ?? this.#documents.read(collection, parts.hub, found);
        if (document !== undefined) yield () => groups.addDocument(document);
      }
      return;
    }
    const { columns, shape } = compiled.groups;
    const scan = new QueryScan(query, compiled.where, compiler, parts);
    const lines = new GroupLines(shape);
    const settle = (): void => {
      for (const part of lines.take()) groups.add(part);
    };
    for (const [row] of scan.chunks(columns, NO_TAIL, 0) as Iterable<[[number, string | null]]>) {
      const [rows, text] = row;
      lines.add(rows, text);
      scan.fitTo(text?.length ?? 0);
      if (lines.count > QUERY_GROUPS_MAX) yield settle;
    }
    yield settle;
  }

  /** Rows that match, with their document where it had to be looked at. */
  *#find(
    target: QueryTarget,
    { after, limit }: Pick<Request<"page">, "after" | "limit">,
    parts: ScanParts,
  ): Generator<Found, void> {
    const compiler = new ConditionCompiler(target.collection);
    const where = inSql(() => compiler.holds(target.where));
    const scan = new QueryScan(target, where ?? ALWAYS, compiler, parts);
    const { moduleId } = sourceOf(target.collection, compiler.tables);
    const columns = { text: `t.id, t.device_id, ${moduleId}`, values: [] };
    // One more than wanted tells whether there is more.
    const tail =
      where !== undefined && limit > 0 ? sql`ORDER BY t.id LIMIT ${limit + 1}` : sql`ORDER BY t.id`;
    const wanted = limit > 0 ? "page" : "all";
    for (const rows of scan.chunks(columns, tail, Number(after ?? 0), wanted)) {
      for (const [id, deviceId, module] of rows as [number, string, string][]) {
        const found = { id, key: module === "" ? { deviceId } : { deviceId, moduleId: module } };
        if (where !== undefined) {
          yield { ...found, document: undefined };
          continue;
        }
        const document = this.#documents.read(target.collection, parts.hub, found);
        if (document && matchesCondition(target.where, document)) yield { ...found, document };
      }
      scan.fitTo(rows.length * CHARACTERS_PER_ROW);
    }
  }

  #perform<T>(
    { hub, cancelled, timeMaxMs, columns }: QueryRequest,
    action: (parts: ScanParts) => T,
  ): QueryFailure | (QueryDone & T) {
    const budget = { cancelled, timeMaxMs };
    const [statements, limits] = [this.#statements, this.#scanLimits];
    const memory = new MemorySearch(columns);
    return this.#inSnapshot(() => {
      const result = action({ statements, budget, hub, memory, limits });
      const { used, wish } = memory;
      return { kind: "done", statements: statements.size, used, wish, ...result };
    });
  }

  /** So that all chunks of a query see the same. */
  #inSnapshot<T>(action: () => T): QueryFailure | T {
    return this.#try(() => {
      try {
        return inSnapshot(this.#database, action);
      } catch (error) {
        if (error instanceof QueryStopped) return { kind: error.kind };
        if (error instanceof HubError) return { kind: "refused", message: error.message };
        throw error;
      }
    });
  }

  #try<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw toStorageError(error, this.#file);
    }
  }
}

/** Undefined for what SQL cannot say. */
function inSql<T>(compile: () => T): T | undefined {
  try {
    return compile();
  } catch (error) {
    if (error instanceof NotInSql) return undefined;
    throw error;
  }
}

function toArray(texts: readonly string[]): string {
  return `[${texts.join(",")}]`;
}
