import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type HubClient, ServerProcess } from "@larimar/testkit";
import { expect, test } from "vitest";

const DEVICES = 1500;
const DEVICES_PER_REQUEST = 100;
const KILLS = 3;

const idOf = (index: number): string => `d${String(index).padStart(5, "0")}`;
const LAST = idOf(DEVICES - 1);

interface TwinJson {
  readonly version: number;
  readonly configurations?: Readonly<Record<string, { readonly status: string }>>;
  readonly properties: { readonly desired: Readonly<Record<string, unknown>> };
}

test("a server that is killed while a configuration is on its way brings it to everybody, once", async () => {
  const directory = await mkdtemp(path.join(tmpdir(), "larimar-crash-"));
  const server = new ServerProcess({ dataDirectory: directory });
  try {
    await server.start();
    await createFleet(server.client());
    const content = { deviceContent: { "properties.desired.fan": "on" } };
    await server.client().call({
      method: "PUT",
      path: "/configurations/fans",
      body: { content, targetCondition: "*" },
    });
    let isUnderWay = false;
    for (let kill = 0; kill < KILLS; kill++) {
      isUnderWay ||= (await twinOf(server.client(), LAST)).configurations === undefined;
      await server.kill();
      await server.start();
    }
    expect(isUnderWay).toBe(true);
    await expect.poll(() => twinOf(server.client(), LAST)).toHaveProperty("configurations");
    for (let index = 0; index < DEVICES; index += 50) {
      const twin = await twinOf(server.client(), idOf(index));
      expect(twin).toMatchObject({
        configurations: { fans: { status: "Applied" } },
        properties: { desired: { fan: "on", $version: 2 } },
      });
    }
    await server.client().call({ method: "DELETE", path: "/configurations/fans" });
    await server.kill();
    await server.start();
    await expect.poll(() => twinOf(server.client(), LAST)).not.toHaveProperty("configurations");
    const { properties } = await twinOf(server.client(), LAST);
    expect(properties.desired).not.toHaveProperty("fan");
  } finally {
    await server.kill();
    await rm(directory, { recursive: true, force: true });
  }
});

async function createFleet(hub: HubClient): Promise<void> {
  for (let first = 0; first < DEVICES; first += DEVICES_PER_REQUEST) {
    const body = Array.from({ length: DEVICES_PER_REQUEST }, (_, i) => ({
      id: idOf(first + i),
      importMode: "create",
    }));
    expect(await hub.call({ method: "POST", path: "/devices", body })).toMatchObject({
      status: 200,
    });
  }
}

async function twinOf(hub: HubClient, deviceId: string): Promise<TwinJson> {
  const answer = await hub.call({ method: "GET", path: `/twins/${deviceId}` });
  expect(answer.status).toBe(200);
  return answer.body as TwinJson;
}
