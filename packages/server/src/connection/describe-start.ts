import type { ConnectionInfo } from "./connection-info.ts";

/** What a person needs to paste, and where. */
export function describeStart(start: {
  connection: ConnectionInfo;
  connectionFile: string;
  directory: string;
  version: string;
}): string {
  const { connection, connectionFile, directory, version } = start;
  const { ports, hubs, provisioning, caFile } = connection;
  return [
    `Larimar ${version} on ${connection.host}: MQTT ${ports.mqtt}, AMQP ${ports.amqp}, HTTPS ${ports.https}`,
    ...hubs.flatMap((hub) => [
      "",
      `Hub ${hub.name}`,
      "  Service SDKs and tools, connection string:",
      `    ${ownerString(hub.connectionStrings)}`,
      "  Event Hubs clients, connection string:",
      `    ${hub.events.connectionString}`,
    ]),
    ...provisioning.flatMap((service) => [
      "",
      `Provisioning service ${service.name}`,
      `  Devices, host and id scope: ${service.hostName} ${service.idScope}`,
      "  Service SDKs and tools, connection string:",
      `    ${service.connectionString}`,
    ]),
    "",
    "Certificate authority that clients must trust:",
    `    ${caFile}`,
    "  Node programs:",
    `    export NODE_EXTRA_CA_CERTS=${quote(caFile)}`,
    "",
    "Make a device and see its connection string:",
    `    npx larimar device create my-device --data ${quote(directory)}`,
    "",
    `All of this, for programs: ${connectionFile}`,
  ].join("\n");
}

function ownerString(strings: Readonly<Record<string, string>>): string {
  return strings["iothubowner"] ?? Object.values(strings)[0] ?? "none: this hub has no policies";
}

/** As a shell wants it. */
function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
