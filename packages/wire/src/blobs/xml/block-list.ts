import type { BlockKind, BlockReference } from "@larimar/domain";
import { type Reading, invalid, read } from "../../rest/reading.ts";
import { isBlockId } from "../block-id.ts";

const KINDS: ReadonlyMap<string, BlockKind> = new Map([
  ["Committed", "committed"],
  ["Uncommitted", "uncommitted"],
  ["Latest", "latest"],
]);

const DECLARATION = /^\uFEFF?\s*(?:<\?xml[^?]*\?>)?\s*/;
const ELEMENT = /\s*<(Committed|Uncommitted|Latest)\s*>([^<]*)<\/(\w+)\s*>/y;

/** Reads `<BlockList><Latest>id</Latest>…</BlockList>`, the only XML that clients send. */
export function parseBlockList(xml: string): Reading<readonly BlockReference[]> {
  const start = DECLARATION.exec(xml)?.[0].length ?? 0;
  const body = xml.slice(start).trimEnd();
  if (/^<BlockList\s*\/>$/.test(body)) return read([]);
  const open = /^<BlockList\s*>/.exec(body)?.[0];
  const close = /<\/BlockList\s*>$/.exec(body);
  if (open === undefined || close === null) return invalid("The body is not a BlockList");
  const blocks: BlockReference[] = [];
  ELEMENT.lastIndex = open.length;
  let end = open.length;
  for (let match = ELEMENT.exec(body); match !== null; match = ELEMENT.exec(body)) {
    const [, name = "", text = "", closing] = match;
    const kind = KINDS.get(name);
    const blockId = unescapeXml(text.trim());
    if (kind === undefined || closing !== name) return invalid(`<${name}> is not closed`);
    if (!isBlockId(blockId)) return invalid("A block id is not base64 of at most 64 bytes");
    blocks.push({ blockId, kind });
    end = ELEMENT.lastIndex;
  }
  if (body.slice(end, close.index).trim() !== "") {
    return invalid("A BlockList has Committed, Uncommitted and Latest elements");
  }
  return read(blocks);
}

/** Base64 has three characters that a careful writer may escape. */
function unescapeXml(text: string): string {
  return text.replaceAll(
    /&#(?:x([0-9a-f]{1,6})|(\d{1,7}));/gi,
    (escape, hex?: string, decimal?: string) => {
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return code <= 0x7f ? String.fromCodePoint(code) : escape;
    },
  );
}
