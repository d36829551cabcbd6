import { encodeRejected, readDeviceMessages } from "@larimar/wire";
import type { Delivery, IncomingLink } from "../engine/incoming-link.ts";
import { toAmqpError } from "../error-conditions.ts";
import type { IdentitySession } from "./identity-sessions.ts";

/**
 * A device sends telemetry. Each transfer is settled when it is on disk; how many may be under way is
 * bounded by the link's credit. Refusals carry an error: without one, one client takes them for success.
 */
export function openTelemetryLink(link: IncomingLink, owner: IdentitySession): void {
  const settle = (delivery: Delivery, error?: unknown): void => {
    if (error === undefined) link.settle(delivery);
    else link.settle(delivery, encodeRejected(toAmqpError(error)));
  };
  link.handler = (delivery) => {
    const messages = readDeviceMessages(delivery.payload, delivery.messageFormat);
    try {
      owner.hub.telemetry.accept(owner.session, messages).then(
        () => settle(delivery),
        (error: unknown) => settle(delivery, error),
      );
    } catch (error) {
      settle(delivery, error);
    }
  };
  link.accept();
}
