import { HubError } from "@larimar/domain";
import { encodeRejected, readCommandRequest, readMessage } from "@larimar/wire";
import type { Delivery, IncomingLink } from "../engine/incoming-link.ts";
import { toAmqpError } from "../error-conditions.ts";
import type { LinkServices } from "./link-services.ts";
import { openServiceAccess } from "./service-access.ts";

/**
 * A back end sends commands to devices. The outcome is accepted or rejected, never anything else: clients
 * take the rest for success or wait for ever. (protocol reference: service-facing 4.3)
 */
export function openCommandSender(
  link: IncomingLink,
  path: readonly string[],
  services: LinkServices,
): void {
  const { hub, authorize } = openServiceAccess(path, "cloudToDeviceMessages/send/action", services);
  const send = async (delivery: Delivery): Promise<void> => {
    const { key, message, ack } = readCommandRequest(readMessage(delivery.payload));
    if (key === undefined) {
      throw new HubError("ArgumentInvalid", "The message is addressed to no device");
    }
    await hub.commands.send({ key, message, ack });
  };
  link.handler = (delivery) => {
    send(delivery).then(
      () => link.settle(delivery),
      (error: unknown) => {
        if (!(error instanceof HubError)) {
          services.log.error({ hub: hub.settings.name, err: error }, "command could not be queued");
        }
        link.settle(delivery, encodeRejected(toAmqpError(error)));
      },
    );
  };
  link.accept();
  services.detachAtExpiry(link, authorize);
}
