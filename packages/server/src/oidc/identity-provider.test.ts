import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ManualClock } from "@larimar/domain/fixtures";
import type { CryptoKey } from "jose";
import { SignJWT, exportJWK, generateKeyPair } from "jose";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createLogger } from "../log.ts";
import { IdentityProvider } from "./identity-provider.ts";

const AUDIENCE = "https://iothubs.azure.net";

describe("tokens of an identity provider", () => {
  let issuer: TestIssuer;
  let provider: IdentityProvider;
  const clock = new ManualClock();

  beforeEach(async () => {
    issuer = await TestIssuer.start();
    provider = new IdentityProvider({
      issuer: issuer.url,
      audience: AUDIENCE,
      clock,
      log: createLogger("silent"),
    });
  });

  afterEach(() => issuer[Symbol.asyncDispose]());

  test("are accepted with the roles and the end they state", async () => {
    const roles = ["IoT Hub Twin Contributor", "Something Else", "Reader"];
    const token = await issuer.sign({ sub: "app", roles, exp: seconds(clock) + 600 });
    expect(await provider.verify(token)).toEqual({
      subject: "app",
      roles: ["twinContributor", "reader"],
      expiresAtMs: (seconds(clock) + 600) * 1000,
    });
  });

  test.each([
    ["meant for somebody else", { aud: "https://elsewhere" }],
    ["of another issuer", { iss: "https://elsewhere" }],
    ["expired", { exp: seconds(clock) - 120 }],
    ["without an end", { exp: undefined }],
    ["not valid yet", { nbf: seconds(clock) + 120 }],
  ])("are refused when they are %s", async (_, claims) => {
    const token = await issuer.sign({ exp: seconds(clock) + 600, ...claims });
    await expect(provider.verify(token)).rejects.toMatchObject({ code: "Unauthorized" });
  });

  test("are refused when somebody else signed them, or nobody", async () => {
    const stranger = await TestIssuer.start();
    await using _stranger = stranger;
    const forged = await stranger.sign({ iss: issuer.url, exp: seconds(clock) + 600 });
    const unsigned = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${forged.split(".")[1]}.`;
    for (const token of [forged, unsigned, "no.token", "x"]) {
      await expect(provider.verify(token)).rejects.toMatchObject({ code: "Unauthorized" });
    }
  });

  test("wait for a provider that is out of reach, and are accepted once it is back", async () => {
    issuer.isDown = true;
    const token = await issuer.sign({ exp: seconds(clock) + 600 });
    await expect(provider.verify(token)).rejects.toMatchObject({ code: "Busy" });
    issuer.isDown = false;
    expect(await provider.verify(token)).toMatchObject({ roles: [] });
  });
});

function seconds(clock: ManualClock): number {
  return Math.floor(clock.now() / 1000);
}

class TestIssuer implements AsyncDisposable {
  isDown = false;
  readonly url: string;
  readonly #close: () => Promise<void>;
  readonly #privateKey: CryptoKey;

  private constructor(url: string, privateKey: CryptoKey, close: () => Promise<void>) {
    this.url = url;
    this.#privateKey = privateKey;
    this.#close = close;
  }

  static async start(): Promise<TestIssuer> {
    const { publicKey, privateKey } = await generateKeyPair("ES256");
    const key = { ...(await exportJWK(publicKey)), kid: "one", alg: "ES256" };
    const server = createServer((request, response) => {
      if (issuer.isDown) {
        response.writeHead(503).end();
        return;
      }
      const answers: Record<string, unknown> = {
        "/.well-known/openid-configuration": { issuer: issuer.url, jwks_uri: `${issuer.url}/keys` },
        "/keys": { keys: [key] },
      };
      response.end(JSON.stringify(answers[request.url ?? ""]));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const close = () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      });
    const issuer = new TestIssuer(`http://127.0.0.1:${port}`, privateKey, close);
    return issuer;
  }

  sign(claims: Readonly<Record<string, unknown>>): Promise<string> {
    return new SignJWT({ iss: this.url, aud: AUDIENCE, ...claims })
      .setProtectedHeader({ alg: "ES256", kid: "one" })
      .sign(this.#privateKey);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }
}
