import type { IncomingHttpHeaders } from "node:http";
import type { Hub, IdentityKey } from "@larimar/domain";
import {
  AbandonDeviceCommand,
  AbandonModuleCommand,
  LOCK_TIMEOUT_NAME,
  ReceiveDeviceCommand,
  ReceiveModuleCommand,
  SettleDeviceCommand,
  SettleModuleCommand,
  commandHeaders,
  readLockDurationMs,
} from "@larimar/wire";
import { type Answer, route } from "../../operations/route.ts";

/** Commands for devices that ask for them. */
export const deviceCommandRoutes = [
  route(ReceiveDeviceCommand, (input) => receive(input)),
  route(ReceiveModuleCommand, (input) => receive(input)),

  route(SettleDeviceCommand, (input) => settle(input)),
  route(SettleModuleCommand, (input) => settle(input)),

  route(AbandonDeviceCommand, (input) => abandon(input)),
  route(AbandonModuleCommand, (input) => abandon(input)),
];

interface Request {
  readonly hub: Hub;
  readonly identity: { readonly identity: IdentityKey };
}

async function receive({
  hub,
  identity: { identity: key },
  query,
  headers,
}: Request & {
  readonly query: { readonly [LOCK_TIMEOUT_NAME]?: string | undefined };
  readonly headers: IncomingHttpHeaders;
}): Promise<Answer> {
  const seconds = query[LOCK_TIMEOUT_NAME] ?? headers[LOCK_TIMEOUT_NAME]?.toString();
  const command = await hub.commands.receive(key, readLockDurationMs(seconds));
  if (command === undefined) return { status: 204 };
  const contentType = { "content-type": ReceiveDeviceCommand.success.contentType };
  const bytes = command.message.body;
  return { status: 200, bytes, headers: { ...commandHeaders(command), ...contentType } };
}

/** The lock token is in the path; clients repeat it in `If-Match` in many spellings, which add nothing. */
interface Settlement extends Request {
  readonly params: { readonly lockToken: string };
}

async function settle({
  hub,
  identity: { identity: key },
  params,
  query,
}: Settlement & {
  readonly query: {
    readonly reject?: string | undefined;
    readonly "?reject"?: string | undefined;
  };
}): Promise<Answer> {
  const isRejected = (query.reject ?? query["?reject"] ?? "false").toLowerCase() !== "false";
  if (isRejected) await hub.commands.reject(key, params.lockToken);
  else await hub.commands.complete(key, params.lockToken);
  return { status: 204 };
}

async function abandon({ hub, identity, params }: Settlement): Promise<Answer> {
  await hub.commands.abandon(identity.identity, params.lockToken);
  return { status: 204 };
}
