import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { ProvisioningCrypto, TpmSealRequest } from "@larimar/domain";
import { createActivationBlob } from "../tpm/activation-blob.ts";
import { NodeCertificates } from "../../certificates/node-certificates.ts";

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** What the provisioning rules need of cryptography, from Node's own library. */
export class NodeProvisioningCrypto implements ProvisioningCrypto {
  readonly certificates = new NodeCertificates();

  deriveKey(key: string, text: string): string {
    return createHmac("sha256", Buffer.from(key, "base64")).update(text).digest("base64");
  }

  digest(text: string): string {
    return createHash("sha256").update(text).digest("base64");
  }

  isSameBase64(left: string, right: string): boolean {
    if (!this.isBase64(left) || !this.isBase64(right)) return false;
    const [one, other] = [Buffer.from(left, "base64"), Buffer.from(right, "base64")];
    return one.length === other.length && timingSafeEqual(one, other);
  }

  isBase64(text: string): boolean {
    return text !== "" && BASE64.test(text);
  }

  sealForTpm({ endorsementKey, storageRootKey, key }: TpmSealRequest): string | undefined {
    return createActivationBlob({
      endorsementKey: Buffer.from(endorsementKey, "base64"),
      storageRootKey: Buffer.from(storageRootKey, "base64"),
      key: Buffer.from(key, "base64"),
    })?.toString("base64");
  }
}
