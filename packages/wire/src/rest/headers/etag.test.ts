import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatEtagHeader, parseIfMatch } from "./etag.ts";

describe("If-Match", () => {
  test.each(["*", '"*"', ' "*" ', 'W/"*"'])("%s means any", (header) => {
    expect(parseIfMatch(header)).toBe("any");
  });

  test.each(['"AAA="', "AAA=", 'W/"AAA="', 'w/"AAA="', ' "AAA=" '])("%s names AAA=", (header) => {
    expect(parseIfMatch(header)).toEqual({ etag: "AAA=" });
  });

  test.each(["", " ", '"', '"AAA', 'AAA"', '"A", "B"', "A,B", "A B", 'W/"A', '""A""'])(
    "%j is none",
    (header) => {
      expect(parseIfMatch(header)).toBeUndefined();
    },
  );

  test("names the etag of the header it came in, for every base64 text", () => {
    fc.assert(
      fc.property(fc.base64String({ minLength: 1 }), (etag) => {
        expect(parseIfMatch(formatEtagHeader(etag))).toEqual({ etag });
        expect(parseIfMatch(etag)).toEqual({ etag });
      }),
    );
  });
});
