import { hubPath } from "./admin-client.ts";

export function consumerGroupPath(hubName: string, group = ""): string {
  const rest = "/eventHubEndpoints/events/ConsumerGroups";
  return hubPath(hubName, `${rest}${group && `/${encodeURIComponent(group)}`}`);
}
