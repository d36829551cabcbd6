import type { ConfigurationWithMetrics } from "@larimar/domain";
import {
  ApplyConfigurationContent,
  DeleteConfiguration,
  GetConfiguration,
  ListConfigurations,
  PutConfiguration,
  TestConfigurationQueries,
  toConfigurationDocument,
  toConfigurationInput,
  toTestQueriesResult,
} from "@larimar/wire";
import { IdentityMismatchError } from "../../operations/rest-error.ts";
import { type Answer, route } from "../../operations/route.ts";

export const configurationRoutes = [
  route(ListConfigurations, async ({ hub, query }) => {
    const configurations = await hub.configurations.list(query.top);
    return { status: 200, body: configurations.map(toConfigurationDocument) };
  }),

  route(GetConfiguration, async ({ hub, params }) =>
    answer(await hub.configurations.get(params.configurationId)),
  ),

  route(PutConfiguration, async ({ hub, params, body, ifMatch }) => {
    const { configurationId } = params;
    if ((body.id ?? configurationId) !== configurationId) throw new IdentityMismatchError();
    const input = toConfigurationInput(configurationId, body);
    return answer(
      ifMatch === undefined
        ? await hub.configurations.create(input)
        : await hub.configurations.update(input, ifMatch),
    );
  }),

  route(DeleteConfiguration, async ({ hub, params, ifMatch }) => {
    await hub.configurations.delete(params.configurationId, ifMatch ?? "any");
    return { status: 204 };
  }),

  route(TestConfigurationQueries, async ({ hub, body }) => {
    const { targetCondition, customMetricQueries } = body;
    const problems = hub.configurations.testQueries(
      targetCondition ?? undefined,
      customMetricQueries ?? {},
    );
    return { status: 200, body: toTestQueriesResult(problems) };
  }),

  route(ApplyConfigurationContent, async ({ hub, params, body }) => {
    await hub.configurations.apply(params.deviceId, body);
    return { status: 204 };
  }),
];

function answer(found: ConfigurationWithMetrics): Answer {
  const body = toConfigurationDocument(found);
  return { status: 200, body, etag: body.etag };
}
