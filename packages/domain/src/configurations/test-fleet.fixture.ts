import { createTestHub, settle } from "../fixtures/index.fixture.ts";
import type { HubParts } from "../hubs/hub.ts";
import type { ConfigurationInput } from "./configurations.ts";

/** A hub whose configurations come to rest when a test says so. */
export function testFleet(overrides: Partial<HubParts> = {}) {
  const { hub, clock } = createTestHub(overrides);
  const { configurations, twins } = hub;
  const settled = async (): Promise<void> => {
    for (let i = 0; i < 40; i++) {
      await clock.advance(0);
      await settle();
    }
  };
  return {
    hub,
    clock,
    settled,
    /** Later ones are newer. */
    configure: async (id: string, input: Omit<ConfigurationInput, "id"> = {}) => {
      await clock.advance(1);
      const content = { deviceContent: { "properties.desired.by": id } };
      await configurations.create({ id, content, targetCondition: "*", ...input });
      await settled();
    },
    desired: async (deviceId: string, moduleId?: string) =>
      (await twins.get({ deviceId, moduleId })).desired.values,
    statuses: async (deviceId: string, moduleId?: string) => {
      const { configurations: said } = await twins.get({ deviceId, moduleId });
      return Object.fromEntries(Object.entries(said).map(([id, { status }]) => [id, status]));
    },
  };
}
