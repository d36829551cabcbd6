import type { JsonObject, RouteTrial, TrialMessage } from "@larimar/domain";
import { ROUTING_SOURCES, isJsonObject } from "@larimar/domain";
import { z } from "zod";
import { RouteBody } from "./routing-body.ts";

const Properties = z.record(z.string(), z.string()).nullish();

const MessageBody = z
  .object({
    body: z.string().max(262_144).nullish(),
    appProperties: Properties,
    systemProperties: Properties,
  })
  .nullish();

const TwinBody = z
  .custom<JsonObject>((value) => isJsonObject(value as JsonObject), "is no object")
  .nullish();

export const TestAllRoutesBody = z.object({
  routingSource: z.enum(ROUTING_SOURCES).nullish(),
  message: MessageBody,
  twin: TwinBody,
});

export const TestRouteBody = z.object({ message: MessageBody, route: RouteBody, twin: TwinBody });

/** A message somebody made up; properties that the query language does not know are overlooked. */
export function readTrial({
  message,
  twin,
}: Pick<z.output<typeof TestRouteBody>, "message" | "twin">): TrialMessage {
  return {
    body: message?.body ?? "",
    application: new Map(Object.entries(message?.appProperties ?? {})),
    system: { ...message?.systemProperties },
    twin: twin ?? undefined,
  };
}

export function formatTrial({ result, errors }: RouteTrial) {
  return errors.length === 0 ? { result } : { result, details: { compilationErrors: errors } };
}
