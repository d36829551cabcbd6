import { type MessageProperties, messageProperties } from "@larimar/domain";
import {
  AbandonFeedback,
  CompleteFeedback,
  PurgeCommands,
  ReceiveFeedback,
  SendCommand,
  feedbackBody,
  formatEtagHeader,
  readCommandAck,
  readMessageHeaders,
} from "@larimar/wire";
import { pairsOf } from "../../header-text.ts";
import { judge } from "../../operations/operation-body.ts";
import { route } from "../../operations/route.ts";

/** Commands from back ends, and what became of them. */
export const serviceCommandRoutes = [
  route(SendCommand, async ({ hub, params, headers, rawHeaders, body }) => {
    const properties = judge(readMessageHeaders(pairsOf(rawHeaders)));
    await hub.commands.send({
      key: params,
      message: { properties: withEncoding(properties, headers["content-encoding"]), body },
      ack: readCommandAck(headers["iothub-ack"]?.toString()),
    });
    return { status: 204 };
  }),

  route(ReceiveFeedback, async ({ hub }) => {
    const batch = await hub.feedback.receive();
    if (batch === undefined) return { status: 204 };
    return {
      status: 200,
      bytes: Buffer.from(feedbackBody(batch.records)),
      headers: {
        "content-type": ReceiveFeedback.success.contentType,
        ETag: formatEtagHeader(batch.lockToken),
        "iothub-enqueuedtime": new Date(batch.enqueuedAtMs).toISOString(),
      },
    };
  }),

  route(CompleteFeedback, async ({ hub, params }) => {
    await hub.feedback.complete(params.lockToken);
    return { status: 204 };
  }),

  route(AbandonFeedback, async ({ hub, params }) => {
    await hub.feedback.abandon(params.lockToken);
    return { status: 204 };
  }),

  route(PurgeCommands, async ({ hub, params }) => {
    const totalMessagesPurged = await hub.commands.purge(params);
    return {
      status: 200,
      body: { deviceId: params.deviceId, moduleId: null, totalMessagesPurged },
    };
  }),
];

/** One tool says the message's encoding in the request's own header. (protocol reference: service-facing 2.17) */
function withEncoding(
  properties: MessageProperties,
  contentEncoding: string | undefined,
): MessageProperties {
  const { system, application } = properties;
  if (contentEncoding === undefined || system.contentEncoding !== undefined) return properties;
  return messageProperties({ ...system, contentEncoding }, application);
}
