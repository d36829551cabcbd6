import type { HubClient } from "@larimar/testkit";
import { Client } from "azure-iot-device";
import { Mqtt } from "azure-iot-device-mqtt";

interface DeviceTwin {
  readonly properties: {
    readonly reported: { update(patch: object, done: (error?: Error) => void): void };
  };
  on(event: string, listener: (delta: unknown) => void): void;
}

/** A Plug and Play device of the official SDK: it names its model when it connects. */
export async function connectPlugAndPlayDevice(
  hub: HubClient,
  { deviceId, modelId }: { deviceId: string; modelId: string },
) {
  const { connectionString } = await hub.createDevice(deviceId);
  const client = Client.fromConnectionString(connectionString, Mqtt);
  await client.setOptions({ ca: hub.caPem, modelId });
  await client.open();
  const twin = (await client.getTwin()) as unknown as DeviceTwin;
  return {
    client,
    twin,
    report: (patch: object) =>
      new Promise<void>((resolve, reject) => {
        twin.properties.reported.update(patch, (error) => (error ? reject(error) : resolve()));
      }),
    [Symbol.asyncDispose]: async () => void (await client.close()),
  };
}
