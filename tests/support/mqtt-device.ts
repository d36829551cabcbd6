import type { Message } from "azure-iot-device";
import { Client } from "azure-iot-device";
import { Mqtt } from "azure-iot-device-mqtt";
import type { HubClient } from "@larimar/testkit";

/** A device of the official Node SDK, connected over MQTT. */
export interface MqttDevice extends AsyncDisposable {
  readonly deviceId: string;
  readonly client: Client;
  send(message: Message): Promise<void>;
}

export async function connectMqttDevice(hub: HubClient, deviceId: string): Promise<MqttDevice> {
  const { connectionString } = await hub.createDevice(deviceId);
  const client = Client.fromConnectionString(connectionString, Mqtt);
  await client.setOptions({ ca: hub.caPem });
  await client.open();
  return {
    deviceId,
    client,
    send: async (message) => {
      await client.sendEvent(message);
    },
    async [Symbol.asyncDispose]() {
      await client.close();
    },
  };
}
