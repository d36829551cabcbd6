import { generateKeyPairSync, sign } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** An OpenID Connect provider on a port of its own, as small as one can be. */
export class TestIssuer implements AsyncDisposable {
  readonly url: string;
  readonly #server: ReturnType<typeof createServer>;
  readonly #keys = generateKeyPairSync("rsa", { modulusLength: 2048 });

  private constructor(server: ReturnType<typeof createServer>) {
    this.#server = server;
    const { port } = server.address() as AddressInfo;
    this.url = `http://127.0.0.1:${port}`;
    const key = { ...this.#keys.publicKey.export({ format: "jwk" }), kid: "one", alg: "RS256" };
    server.on("request", (request, response) => {
      const isMetadata = request.url === "/.well-known/openid-configuration";
      const metadata = { issuer: this.url, jwks_uri: `${this.url}/keys` };
      response.end(JSON.stringify(isMetadata ? metadata : { keys: [key] }));
    });
  }

  static async start(): Promise<TestIssuer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new TestIssuer(server);
  }

  tokenFor(audience: string, roles: readonly string[]): string {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: this.url, aud: audience, sub: "tests", roles, exp: now + 3600 };
    const text = [{ alg: "RS256", kid: "one" }, claims].map(encode).join(".");
    const signature = sign("sha256", Buffer.from(text), this.#keys.privateKey);
    return `${text}.${signature.toString("base64url")}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}
