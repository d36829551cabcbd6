// The service clients as a user would run them: the official package, the CA in NODE_EXTRA_CA_CERTS. Each
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

/** Registry calls answer in the first form, calls of the service client in the second. */
type Result =
  | { readonly responseBody: unknown; readonly httpResponse: { readonly statusCode: number } }
  | { readonly result: unknown; readonly message: { readonly statusCode: number } };

const connectionString = process.argv[2] ?? "";
const targets = [
  iothub.Registry.fromConnectionString(connectionString),
  iothub.Client.fromConnectionString(connectionString),
] as unknown as Record<string, (...args: unknown[]) => Promise<Result>>[];

async function perform({ method, args }: RegistryCall): Promise<RegistryOutcome> {
  try {
    const target = targets.find((candidate) => typeof candidate[method] === "function");
    const answer = await target![method]!(...args);
    return "httpResponse" in answer
      ? { status: answer.httpResponse.statusCode, body: answer.responseBody }
      : { status: answer.message.statusCode, body: answer.result };
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
