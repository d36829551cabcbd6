import type { ConfigurationStore } from "../configurations/configuration-store.ts";
import type { TransferFormat } from "./transfer-format.ts";
import { LINE_END } from "./text-lines.ts";

/** Every configuration, without what its metrics count. There are no more than a hub may have. */
export async function* exportConfigurations(
  store: Pick<ConfigurationStore, "list">,
  format: TransferFormat,
): AsyncGenerator<string> {
  for (const configuration of await store.list()) {
    yield format.configuration(configuration) + LINE_END;
  }
}
