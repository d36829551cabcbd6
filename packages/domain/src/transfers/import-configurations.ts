import type { Configurations } from "../configurations/configurations.ts";
import { HubError } from "../errors/hub-error.ts";
import { LINE_END, readLines } from "./text-lines.ts";
import type { ConfigurationItem, TransferFormat } from "./transfer-format.ts";

export type ConfigurationWriter = Pick<Configurations, "create" | "update">;

/** Makes and changes what each line says and yields what was refused; a refused line keeps no other from being done. */
export async function* importConfigurations(
  { configurations, format }: { configurations: ConfigurationWriter; format: TransferFormat },
  content: AsyncIterable<string>,
  blobName: string,
): AsyncGenerator<string> {
  for await (const { text, number } of readLines(content)) {
    const item = readItem(format, text);
    if (typeof item === "string") {
      yield format.refusal({ lineNumber: number, problem: item, blobName }) + LINE_END;
      continue;
    }
    const error = await refusalOf(() => createOrUpdate(configurations, item));
    // Empty when it was done, so that whoever waits for the next piece sees that there is progress.
    const refused = error && format.refusal({ configurationId: item.input.id, error }) + LINE_END;
    yield refused ?? "";
  }
}

function readItem(format: TransferFormat, line: string): ConfigurationItem | string {
  try {
    return format.parseConfiguration(line);
  } catch (error) {
    if (error instanceof HubError) return error.message;
    throw error;
  }
}

async function createOrUpdate(
  configurations: ConfigurationWriter,
  { input, condition }: ConfigurationItem,
): Promise<void> {
  if (condition !== undefined) {
    const error = await refusalOf(() => configurations.update(input, condition));
    if (error === undefined) return;
    if (error.code !== "ConfigurationNotFound") throw error;
  }
  await configurations.create(input);
}

async function refusalOf(act: () => Promise<unknown>): Promise<HubError | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    if (error instanceof HubError) return error;
    throw error;
  }
}
