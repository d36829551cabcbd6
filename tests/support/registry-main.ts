// The registry client as a user would run it: the official package, the CA in NODE_EXTRA_CA_CERTS. Each
// line of its standard input is a call, each line it prints what came of it, in the same order.
import { createInterface } from "node:readline";
import iothub from "azure-iothub";

export interface RegistryCall {
  readonly method: string;
  readonly args: readonly unknown[];
}

export type RegistryOutcome =
  | { readonly status: number; readonly body: unknown }
  | { readonly error: string; readonly message: string };

interface Result {
  readonly responseBody: unknown;
  readonly httpResponse: { readonly statusCode: number };
}

const registry = iothub.Registry.fromConnectionString(process.argv[2] ?? "");
const methods = registry as unknown as Record<string, (...args: unknown[]) => Promise<Result>>;

async function perform({ method, args }: RegistryCall): Promise<RegistryOutcome> {
  try {
    const { responseBody, httpResponse } = await methods[method]!.call(registry, ...args);
    return { status: httpResponse.statusCode, body: responseBody };
  } catch (error) {
    const { name, message } = error as Error;
    return { error: name, message };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const outcome = await perform(JSON.parse(line) as RegistryCall);
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
}
process.exit(0);
