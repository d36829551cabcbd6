import { describe, expect, test } from "vitest";
import type { PaperCertificate } from "./paper-certificates.fixture.ts";
import { paperCertificate, paperCertificates, readPaper } from "./paper-certificates.fixture.ts";
import { findAnchor } from "./certificate-path.ts";

const nowMs = Date.UTC(2030, 0, 1);
const root = paperCertificate({ commonName: "root", isCa: true });
const upper = paperCertificate({ commonName: "upper", isCa: true }, root);
const lower = paperCertificate({ commonName: "lower", isCa: true }, upper);
const leaf = paperCertificate({ commonName: "dev-1" }, lower);

function find(presented: PaperCertificate[], anchors: PaperCertificate[]) {
  const match = findAnchor(
    presented.map(readPaper),
    anchors.map((paper) => ({ certificate: readPaper(paper), value: paper.commonName })),
    paperCertificates,
    nowMs,
  );
  return match && { anchor: match.anchor.value, isValid: match.isValid };
}

describe("the path from a leaf", () => {
  test("ends at the anchor nearest to it", () => {
    expect(find([leaf, lower, upper], [root, upper, lower])?.anchor).toBe("lower");
    expect(find([leaf, lower, upper], [root, upper])?.anchor).toBe("upper");
    expect(find([leaf, lower, upper], [root])).toEqual({ anchor: "root", isValid: true });
  });

  test("needs no anchor in what was presented", () => {
    expect(find([leaf], [lower])?.anchor).toBe("lower");
  });

  test("does not depend on the order of what was presented", () => {
    expect(find([leaf, upper, lower], [root])?.anchor).toBe("root");
  });

  test("is broken where an intermediate is missing", () => {
    expect(find([leaf, upper], [root])).toBeUndefined();
    expect(find([leaf], [upper])).toBeUndefined();
  });

  test("does not lead through a certificate that may not issue others", () => {
    const device = paperCertificate({ commonName: "dev-2" }, lower);
    const forged = paperCertificate({ commonName: "dev-1" }, device);
    expect(find([forged, device, lower], [lower])).toBeUndefined();
  });

  test("does not lead to an authority with the same name and another key", () => {
    const impostor = paperCertificate({ commonName: "lower", isCa: true }, upper);
    expect(find([paperCertificate({ commonName: "dev-1" }, impostor)], [lower])).toBeUndefined();
  });

  test.each([
    [
      "the leaf",
      [paperCertificate({ commonName: "dev-1", notAfterMs: nowMs }, lower), lower],
      [upper],
    ],
    ["an intermediate", [leaf, paperCertificate({ ...lower, notAfterMs: nowMs }, upper)], [upper]],
    ["the anchor", [leaf], [paperCertificate({ ...lower, notBeforeMs: nowMs + 1 }, upper)]],
  ])("is not valid when %s is not valid now", (_, presented, anchors) => {
    expect(find(presented, anchors)?.isValid).toBe(false);
  });

  test("prefers the renewed one of two anchors with the same key", () => {
    const expired = paperCertificate({ ...lower, notAfterMs: nowMs }, upper);
    expect(find([leaf], [expired, lower])).toEqual({ anchor: "lower", isValid: true });
  });

  test("ends when certificates issue each other in a circle", () => {
    const one = {
      ...paperCertificate({ commonName: "one", isCa: true }),
      issuerName: "two",
      signedBy: "k2",
    };
    const two = { ...paperCertificate({ commonName: "two", isCa: true, keyId: "k2" }, one) };
    expect(
      find([paperCertificate({ commonName: "dev-1" }, one), one, two], [root]),
    ).toBeUndefined();
  });
});
