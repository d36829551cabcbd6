import { UsageError } from "../../command-error.ts";
import { hubCommand } from "../../hub/hub-command.ts";
import type { HubClient } from "../../hub/hub-client.ts";

const ROWS_DEFAULT = 100;
const CONTINUATION = "x-ms-continuation";

export const twinQuery = hubCommand({
  positionals: ["QUERY"],
  options: {
    limit: { type: "string", argument: "N", usage: `rows at most (default: ${ROWS_DEFAULT})` },
  },
  async run({ args, client }) {
    const [query = ""] = args.positionals;
    const limit = args.text("limit") ?? String(ROWS_DEFAULT);
    if (!/^[1-9]\d{0,8}$/.test(limit)) throw new UsageError("--limit must be a number of rows.");
    const { rows, hasMore } = await readRows(client, query, Number(limit));
    const lines = rows.map((row) => JSON.stringify(row));
    if (rows.length === 0) lines.push("Nothing was found.");
    if (hasMore) lines.push(`(the first ${limit})`);
    return { text: lines.join("\n"), json: rows };
  },
});

/** Page by page, for as long as rows are wanted. */
async function readRows(
  client: HubClient,
  query: string,
  limit: number,
): Promise<{ rows: readonly unknown[]; hasMore: boolean }> {
  const rows: unknown[] = [];
  let continuation: string | undefined;
  do {
    const { body, headers } = await client.exchange({
      method: "POST",
      path: "/devices/query",
      body: { query },
      headers: {
        "x-ms-max-item-count": String(limit - rows.length),
        ...(continuation !== undefined && { [CONTINUATION]: continuation }),
      },
    });
    rows.push(...(body as readonly unknown[]));
    continuation = headers[CONTINUATION]?.toString();
  } while (continuation !== undefined && rows.length < limit);
  return { rows: rows.slice(0, limit), hasMore: continuation !== undefined || rows.length > limit };
}
