import { hubCommand } from "../hub/hub-command.ts";

/** For `eval "$(larimar env)"`: the names that samples and tests of the SDKs look for. */
export const env = hubCommand({
  async run({ connection, directory, hub }) {
    const variables = {
      IOTHUB_CONNECTION_STRING: hub.connectionStrings["iothubowner"] ?? "",
      EVENTHUB_CONNECTION_STRING: hub.events.connectionString,
      NODE_EXTRA_CA_CERTS: connection.caFile,
      LARIMAR_DATA: directory,
    };
    const lines = Object.entries(variables).map(
      ([name, value]) => `export ${name}=${quote(value)}`,
    );
    return { text: lines.join("\n"), json: variables };
  },
});

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
