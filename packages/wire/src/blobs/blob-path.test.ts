import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatBlobPath, readBlobPath } from "./blob-path.ts";

const namesIn = (path: string) => {
  const read = readBlobPath(path);
  return read?.kind === "blob" ? read.nameReadings : undefined;
};

describe("a path of the blob endpoint", () => {
  test.each([
    ["/larimarblobs", { kind: "account" }],
    ["/larimarblobs/", { kind: "account" }],
    ["/larimarblobs/uploads", { kind: "container", containerName: "uploads" }],
    ["//larimarblobs//uploads/", { kind: "container", containerName: "uploads" }],
    ["/larimarblobs/up%6Coads", { kind: "container", containerName: "uploads" }],
    [
      "/larimarblobs/uploads/d1/a.txt",
      { kind: "blob", containerName: "uploads", nameReadings: ["d1/a.txt"] },
    ],
    ["/devices/d1", undefined],
    ["/larimarblobsx/uploads/a", undefined],
    ["/Larimarblobs/uploads/a", undefined],
    ["/x/larimarblobs/uploads/a", undefined],
    ["", undefined],
  ])("%s is %o", (path, expected) => {
    expect(readBlobPath(path)).toEqual(expected);
  });

  test("may escape the slashes of the name, in either case", () => {
    expect(namesIn("/larimarblobs/uploads/d1%2Fa%2fb.txt")?.[0]).toBe("d1/a/b.txt");
  });

  test("leaves open what a plus sign means, and whether escapes are any", () => {
    expect(namesIn("/larimarblobs/uploads/d1/a+b")).toEqual(["d1/a+b", "d1/a b"]);
    expect(namesIn("/larimarblobs/uploads/d1/100%25+b")).toEqual([
      "d1/100%+b",
      "d1/100% b",
      "d1/100%25+b",
    ]);
    expect(namesIn("/larimarblobs/uploads/d1/100%.txt")).toEqual(["d1/100%.txt"]);
  });

  test("never leads elsewhere: a name with dots stays one", () => {
    expect(namesIn("/larimarblobs/uploads/../secret")?.[0]).toBe("../secret");
    expect(readBlobPath("/larimarblobs/..%2F../x")).toMatchObject({ containerName: "../.." });
  });

  test("names what it was made for", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: "grapheme" }), (blobName) => {
        const path = `/larimarblobs/${formatBlobPath({ containerName: "uploads", blobName })}`;
        const read = readBlobPath(path);
        expect(read).toMatchObject({ kind: "blob", containerName: "uploads" });
        expect(namesIn(path)).toContain(blobName);
      }),
    );
  });
});
