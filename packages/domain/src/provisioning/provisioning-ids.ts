import { argumentInvalid } from "./provisioning-error.ts";

/** Letters, digits and - . _ : inside; the last character may also be a dash, as older texts allow. */
const ID_PATTERN = /^[A-Za-z0-9](?:[A-Za-z0-9\-._:]{0,126}[A-Za-z0-9-])?$/;

/** Registration and group ids compare without case; this is the spelling that stores and locks use. */
export function provisioningKey(id: string): string {
  return id.toLowerCase();
}

export function isSameProvisioningId(left: string, right: string): boolean {
  return provisioningKey(left) === provisioningKey(right);
}

export function isProvisioningId(id: string): boolean {
  return ID_PATTERN.test(id);
}

/** Throws `ArgumentInvalid`. */
export function checkProvisioningId(id: string, what: "registration" | "enrollment group"): void {
  if (!isProvisioningId(id)) {
    throw argumentInvalid(
      `A ${what} id has 1 to 128 letters, digits or characters of - . _ : and begins and ends with a letter or digit`,
    );
  }
}
