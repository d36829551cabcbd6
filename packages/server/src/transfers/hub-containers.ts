import type { BlobContainer, BlobContainers, Hub } from "@larimar/domain";
import { HubError } from "@larimar/domain";
import { BLOB_ACCOUNT_NAME, readBlobPath } from "@larimar/wire";
import { BuiltInContainer } from "./built-in-container.ts";
import { ExternalContainer } from "./external-container.ts";

export interface HubContainersParts {
  readonly hub: () => Hub;
  readonly httpsPort: number;
  /** Undefined trusts what Node.js trusts. */
  readonly ca?: string;
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Containers by the URIs that clients name: of the hub's own account, or of one elsewhere. */
export class HubContainers implements BlobContainers {
  readonly #parts: HubContainersParts;

  constructor(parts: HubContainersParts) {
    this.#parts = parts;
  }

  open(
    uri: string,
    { authentication, permission }: Parameters<BlobContainers["open"]>[1],
  ): BlobContainer {
    const url = parseUri(uri);
    if (this.#isOwn(url)) {
      const path = readBlobPath(url.pathname);
      if (path?.kind !== "container") throw invalid("The URI is not that of a container");
      const { containerName } = path;
      // Whoever may begin an import or export of the hub may use the hub's own account for it.
      if (authentication === "identityBased") {
        return new BuiltInContainer(this.#parts.hub(), containerName);
      }
      return BuiltInContainer.openSigned(this.#parts.hub(), { containerName, url, permission });
    }
    if (authentication === "identityBased") {
      throw invalid("Only the built-in account can be used without a signature");
    }
    const { ca } = this.#parts;
    return new ExternalContainer({ url, ...(ca !== undefined && { ca }) });
  }

  #isOwn({ hostname, port, pathname }: URL): boolean {
    const { hub, httpsPort } = this.#parts;
    const name = hostname.replace(/^\[|\]$/g, "").toLowerCase();
    return (
      Number(port || 443) === httpsPort &&
      pathname.startsWith(`/${BLOB_ACCOUNT_NAME}/`) &&
      hub().settings.hostNames.some((hostName) => hostName.toLowerCase() === name)
    );
  }
}

function parseUri(uri: string): URL {
  if (!URL.canParse(uri)) throw invalid("The URI of a container is missing, or is none");
  const url = new URL(uri);
  // Keys are on their way: in the clear they go no further than this machine.
  const isAllowed =
    url.protocol === "https:" || (url.protocol === "http:" && LOOPBACK.test(url.hostname));
  if (!isAllowed) throw invalid("The URI of a container begins with https");
  if (url.username !== "" || url.password !== "") throw invalid("The URI names a user");
  return url;
}

function invalid(message: string): HubError {
  return new HubError("BlobContainerInvalid", message);
}
