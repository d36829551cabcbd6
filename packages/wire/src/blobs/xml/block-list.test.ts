import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isBlockId } from "../block-id.ts";
import { parseBlockList } from "./block-list.ts";

const xml = '<?xml version="1.0" encoding="utf-8"?>';

describe("a list of blocks", () => {
  test("is read as clients write it", () => {
    const text = `\uFEFF${xml}
      <BlockList>
        <Latest>YQ==</Latest><Committed> Yg== </Committed>
        <Uncommitted >Yw=&#x3d;</Uncommitted>
      </BlockList>
    `;
    expect(parseBlockList(text)).toEqual({
      kind: "read",
      value: [
        { kind: "latest", blockId: "YQ==" },
        { kind: "committed", blockId: "Yg==" },
        { kind: "uncommitted", blockId: "Yw==" },
      ],
    });
  });

  test.each([`${xml}<BlockList />`, "<BlockList></BlockList>", "<BlockList/>"])(
    "may be empty: %s",
    (text) => {
      expect(parseBlockList(text)).toEqual({ kind: "read", value: [] });
    },
  );

  test.each([
    "",
    "not xml",
    xml,
    "<BlockList>",
    "<BlockList><Latest>YQ==</Latest>",
    "<BlockList><Latest>YQ==</Committed></BlockList>",
    "<BlockList><Newest>YQ==</Newest></BlockList>",
    "<BlockList><Latest>YQ==</Latest>stray</BlockList>",
    "<BlockList>stray<Latest>YQ==</Latest></BlockList>",
    "<BlockList><Latest></Latest></BlockList>",
    "<BlockList><Latest>not base64!</Latest></BlockList>",
    `<BlockList><Latest>${"YWJj".repeat(23)}</Latest></BlockList>`,
    "<BlockList><Latest>YQ==</Latest></BlockList><BlockList></BlockList>",
    '<!DOCTYPE x [<!ENTITY e "YQ==">]><BlockList><Latest>&e;</Latest></BlockList>',
    "<BlockList><Latest>&#99999999;</Latest></BlockList>",
  ])("is refused when it is %j", (text) => {
    expect(parseBlockList(text).kind).toBe("invalid");
  });

  test("of any length is read to its end", () => {
    const ids = Array.from({ length: 50_000 }, (_, n) => btoa(String(n).padStart(6, "0")));
    const items = ids.map((id) => `<Latest>${id}</Latest>`).join("");
    const reading = parseBlockList(`${xml}<BlockList>${items}</BlockList>`);
    expect(reading.kind === "read" && reading.value.map(({ blockId }) => blockId)).toEqual(ids);
  });

  test("that is anything at all is read or refused", () => {
    const parts = fc.constantFrom(
      "<BlockList>",
      "</BlockList>",
      "<Latest>",
      "</Latest>",
      "YQ==",
      "<",
      "&#x3d;",
      " ",
    );
    const texts = fc.oneof(
      fc.string(),
      fc.array(parts).map((some) => some.join("")),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const reading = parseBlockList(text);
        if (reading.kind === "read") {
          for (const { blockId } of reading.value) expect(isBlockId(blockId)).toBe(true);
        }
      }),
    );
  });
});
