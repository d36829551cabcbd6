import { CapturedLog, ManualClock } from "@larimar/testkit";
import { describe, expect, test } from "vitest";
import type { KeyedCertificate } from "./make-certificates.ts";
import { CERTIFICATE_CHECK_INTERVAL_MS, ServerCertificate } from "./server-certificate.ts";

const settled = () => new Promise((resolve) => setImmediate(resolve));

async function openWith(provide: () => Promise<KeyedCertificate>) {
  const clock = new ManualClock();
  const log = new CapturedLog();
  const source = { caFile: "ca.pem", provide };
  return { clock, log, certificate: await ServerCertificate.open({ source, clock, log }) };
}

const pair = (name: string): KeyedCertificate => ({ certPem: name, keyPem: `${name} key` });

describe("the certificate of a running server", () => {
  test("is replaced when its source has another one", async () => {
    let offered = pair("first");
    const { clock, certificate } = await openWith(async () => offered);
    const seen: string[] = [];
    using _ = certificate.onChange(() => seen.push(certificate.current.certPem));
    clock.advance(CERTIFICATE_CHECK_INTERVAL_MS);
    await settled();
    expect(seen).toEqual([]);
    offered = pair("second");
    clock.advance(CERTIFICATE_CHECK_INTERVAL_MS);
    await settled();
    expect(seen).toEqual(["second"]);
  });

  test("stays in use while it cannot be replaced, and the next look tries again", async () => {
    let offer: () => KeyedCertificate = () => pair("first");
    const { clock, certificate, log } = await openWith(async () => offer());
    offer = () => {
      throw new Error("unreadable");
    };
    clock.advance(CERTIFICATE_CHECK_INTERVAL_MS);
    await settled();
    expect(certificate.current.certPem).toBe("first");
    expect(log.messages("warn")).toEqual(["server certificate cannot be replaced"]);
    offer = () => pair("second");
    clock.advance(CERTIFICATE_CHECK_INTERVAL_MS);
    await settled();
    expect(certificate.current.certPem).toBe("second");
  });

  test("is looked at no more once it is disposed of", async () => {
    let looks = 0;
    const { clock, certificate } = await openWith(async () => {
      looks += 1;
      return pair("first");
    });
    certificate[Symbol.dispose]();
    clock.advance(10 * CERTIFICATE_CHECK_INTERVAL_MS);
    await settled();
    expect(looks).toBe(1);
  });
});
