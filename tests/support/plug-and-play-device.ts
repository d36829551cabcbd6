import type { HubClient } from "@larimar/testkit";
import { Client, type DeviceMethodRequest } from "azure-iot-device";
import { Mqtt } from "azure-iot-device-mqtt";

interface DeviceTwin {
  readonly properties: {
    readonly reported: { update(patch: object, done: (error?: Error) => void): void };
  };
  get(): Promise<unknown>;
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
    /** Resolves once the hub knows that the device listens. */
    listenForDesired: async (component: string, listener: (delta: object) => void) => {
      twin.on(`properties.desired.${component}`, (delta) => {
        if (Object.keys(delta as object).length > 0) listener(delta as object);
      });
      // The client says nothing once it listens; what it asks from here on is answered later than that.
      await twin.get();
    },
    /** The same of commands: each is answered with its own name and payload. */
    answerCommands: async (...names: readonly string[]) => {
      for (const name of names) {
        client.onDeviceMethod(name, ({ methodName, payload }: DeviceMethodRequest, response) => {
          void response.send(200, { asked: methodName, with: payload as object });
        });
      }
      await twin.get();
    },
    report: (patch: object) =>
      new Promise<void>((resolve, reject) => {
        twin.properties.reported.update(patch, (error) => (error ? reject(error) : resolve()));
      }),
    [Symbol.asyncDispose]: async () => void (await client.close()),
  };
}
