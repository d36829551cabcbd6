import type { JsonValue } from "../json/json-value.ts";
import type { TextCodec } from "../json/text-codec.ts";
import type { PropertyValue, SystemProperties } from "../telemetry/message.ts";
import { messageProperties } from "../telemetry/message.ts";
import type { ConditionError } from "./language/condition-error.ts";
import { compileCondition } from "./language/compile-condition.ts";
import { MessageInView } from "./message-in-view.ts";
import { Router } from "./router.ts";
import type { Route, RoutingSettings, RoutingSource } from "./routing-settings.ts";
import { conditionOf } from "./routing-settings.ts";

/** A message that somebody makes up to see where it would go. */
export interface TrialMessage {
  readonly body: string;
  readonly application: ReadonlyMap<string, PropertyValue>;
  readonly system: SystemProperties & { readonly connectionDeviceId?: string };
  readonly twin: JsonValue | undefined;
}

export interface TrialContext {
  readonly nowMs: number;
  readonly text: TextCodec;
}

export interface RouteTrial {
  readonly result: "true" | "false" | "undefined";
  readonly errors: readonly ConditionError[];
}

/** Whether a route, stored or not, would take a message. */
export function tryRoute(
  route: Pick<Route, "source" | "condition">,
  trial: TrialMessage,
  context: TrialContext,
): RouteTrial {
  const isTwinChange = route.source === "TwinChangeEvents";
  const compiled = compileCondition(conditionOf(route), { isTwinChange });
  if (!compiled.isValid) return { result: "undefined", errors: compiled.errors };
  const value = compiled.condition.evaluate(inView(trial, context));
  return { result: value === undefined ? "undefined" : value ? "true" : "false", errors: [] };
}

/** The enabled routes of a hub that would take a message, the fallback among them when it would be used. */
export function tryRoutes(
  settings: RoutingSettings,
  routingSource: RoutingSource,
  trial: TrialMessage,
  context: TrialContext,
): readonly Route[] {
  return new Router(settings, "").matching(routingSource, inView(trial, context));
}

function inView(
  { body, application, system, twin }: TrialMessage,
  context: TrialContext,
): MessageInView {
  const { connectionDeviceId, ...rest } = system;
  const properties = messageProperties(rest, application);
  const origin = {
    source: "Telemetry",
    identity: { deviceId: connectionDeviceId ?? "" },
    generationId: undefined,
    authMethod: undefined,
    modelId: undefined,
  } as const;
  const message = { properties, body: context.text.encode(body) };
  return new MessageInView(message, origin, { ...context, twin });
}
