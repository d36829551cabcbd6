import { UsageError } from "../../command-error.ts";
import { hubCommand } from "../../hub/hub-command.ts";
import { twinPath } from "../../hub/twin-path.ts";

export const twinUpdate = hubCommand({
  positionals: ["DEVICE"],
  options: {
    tags: { type: "string", argument: "JSON", usage: "an object of tags; null removes one" },
    desired: {
      type: "string",
      argument: "JSON",
      usage: "an object of desired properties; null removes one",
    },
    replace: { type: "boolean", usage: "these, and no others any more" },
    etag: { type: "string", argument: "ETAG", usage: "only while the twin has this ETag" },
    module: { type: "string", argument: "ID", usage: "of this module of the device" },
  },
  async run({ args, client }) {
    const [deviceId = ""] = args.positionals;
    const tags = readObject("--tags", args.text("tags"));
    const desired = readObject("--desired", args.text("desired"));
    if (tags === undefined && desired === undefined) {
      throw new UsageError("--tags or --desired is needed.");
    }
    const etag = args.text("etag");
    const twin = await client.call({
      method: args.isSet("replace") ? "PUT" : "PATCH",
      path: twinPath(deviceId, args.text("module")),
      body: { ...(tags && { tags }), ...(desired && { properties: { desired } }) },
      ...(etag !== undefined && { ifMatch: `"${etag}"` }),
    });
    return { text: JSON.stringify(twin, null, 2), json: twin };
  },
});

function readObject(option: string, text: string | undefined): object | undefined {
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UsageError(`${option} must be JSON.`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new UsageError(`${option} must be an object.`);
  }
  return value;
}
