// The service clients as a user would run them: the official package, the CA in NODE_EXTRA_CA_CERTS. Each
// line of its standard input is a call, each line it prints what came of one of them.
import { createInterface } from "node:readline";
import common from "azure-iot-common";
import iothub from "azure-iothub";

export interface RegistryCall {
  readonly method: string;
  readonly args: readonly unknown[];
}

export type RegistryOutcome =
  | { readonly status: number; readonly body: unknown }
  | { readonly error: string; readonly message: string };

/** Registry calls answer in the first form, those about jobs in the second, other service calls in the third. */
type Result =
  | { readonly responseBody: unknown; readonly httpResponse: { readonly statusCode: number } }
  | { readonly jobStatus: unknown; readonly response: { readonly statusCode: number } }
  | { readonly result: unknown; readonly message: { readonly statusCode: number } };

/** Calls about imports and exports tell nothing but the body: a job, a list of them, or nothing. */
type Bare = { readonly jobId: string } | { readonly length: number } | "" | undefined;

const connectionString = process.argv[2] ?? "";
/** Of an identity provider; the first argument is then the host name. */
const bearerToken = process.argv[3];
const { client, jobs, registry } =
  bearerToken === undefined
    ? {
        client: iothub.Client.fromConnectionString(
          connectionString,
          process.env["SERVICE_TRANSPORT"] === "websocket" ? iothub.AmqpWs : iothub.Amqp,
        ),
        jobs: iothub.JobClient.fromConnectionString(connectionString),
        registry: iothub.Registry.fromConnectionString(connectionString),
      }
    : withToken(connectionString, bearerToken);
const targets = [registry, client] as unknown as Record<
  string,
  (...args: unknown[]) => Promise<Result | Bare>
>[];

function withToken(hostName: string, token: string) {
  const credential = {
    getToken: () => Promise.resolve({ token, expiresOnTimestamp: Date.now() + 3_600_000 }),
  };
  return {
    client: iothub.Client.fromTokenCredential(hostName, credential),
    jobs: iothub.JobClient.fromTokenCredential(hostName, credential),
    registry: iothub.Registry.fromTokenCredential(hostName, credential),
  };
}

interface CommandText {
  readonly data: string;
  readonly messageId: string;
  readonly ack: string;
}

/** Calls whose arguments or answers are objects of the SDK, which JSON cannot carry. */
const special: Readonly<Record<string, (...args: never[]) => Promise<unknown>>> = {
  open: () => client.open().then(() => null),
  sendCommand: async (deviceId: string, { data, messageId, ack }: CommandText) => {
    const message = new common.Message(data);
    message.messageId = messageId;
    message.ack = ack;
    await client.send(deviceId, message);
    return null;
  },
  /** The next uploaded file that the hub tells of. */
  fileNotification: async () => {
    const { result: receiver } = (await client.getFileNotificationReceiver()) as unknown as {
      result: NodeJS.EventEmitter & { complete(message: unknown): Promise<unknown> };
    };
    return new Promise((resolve, reject) => {
      receiver.on("errorReceived", reject);
      receiver.once("message", (message: { data: Buffer | string }) => {
        const told = JSON.parse(String(message.data)) as unknown;
        receiver.complete(message).then(() => resolve(told), reject);
      });
    });
  },
  /** Waits for so many records. */
  feedback: async (count: number) => {
    const { result: receiver } = (await client.getFeedbackReceiver()) as unknown as {
      result: NodeJS.EventEmitter;
    };
    const records: unknown[] = [];
    await new Promise<void>((resolve, reject) => {
      receiver.on("errorReceived", reject);
      receiver.on("message", (message: { data: Buffer | string }) => {
        records.push(...(JSON.parse(String(message.data)) as unknown[]));
        if (records.length >= count) resolve();
      });
    });
    return records;
  },
};

/** Made when it is asked for: it cannot be made of a host name. */
const digitalTwins = () =>
  new iothub.DigitalTwinClient(new iothub.IoTHubTokenCredentials(connectionString));

/** What came of a call, without what it came in. */
async function answered(call: Promise<unknown>): Promise<unknown> {
  const answer = (await call) as { readonly _response?: unknown } | undefined;
  const { _response, ...body } = answer ?? {};
  return body;
}

/** A device does not say when the hub has heard what it listens for. */
const WAITING = { connectTimeoutInSeconds: 5 };

const ofDigitalTwins: typeof special = {
  "digitalTwins.get": (id: string) => answered(digitalTwins().getDigitalTwin(id)),
  "digitalTwins.update": (id: string, patch: object[], etag?: string) =>
    answered(digitalTwins().updateDigitalTwin(id, patch, etag)),
  "digitalTwins.invoke": (id: string, command: string, payload: unknown) =>
    answered(digitalTwins().invokeCommand(id, command, payload, WAITING)),
  "digitalTwins.invokeComponent": (
    id: string,
    component: string,
    command: string,
    payload: unknown,
  ) => answered(digitalTwins().invokeComponentCommand(id, component, command, payload, WAITING)),
};

/** Both kinds of job clients have a `getJob`, so calls of this one say whose they are. */
const ofJobs: typeof special = {
  "jobs.scheduleTwinUpdate": (id: string, query: string, patch: object, at: string, ttl: number) =>
    jobs.scheduleTwinUpdate(id, query, patch, new Date(at), ttl),
  "jobs.scheduleDeviceMethod": (
    id: string,
    query: string,
    method: iothub.DeviceMethodParams,
    at: string,
    ttl: number,
  ) => jobs.scheduleDeviceMethod(id, query, method, new Date(at), ttl),
  "jobs.getJob": (id: string) => jobs.getJob(id),
  "jobs.cancelJob": (id: string) => jobs.cancelJob(id),
  /** All pages. */
  "jobs.query": async (type: string, status: string, pageSize: number) => {
    const query = jobs.createQuery(type as never, status as never, pageSize);
    const pages: unknown[] = [];
    // Without a callback this client forgets where it was.
    const next = () => query.next(query.continuationToken);
    while (query.hasMoreResults) pages.push((await next()).result);
    return { jobStatus: pages, response: { statusCode: 200 } };
  },
};

/** All pages of a query, each as the way of reading gives it. */
const ofQueries: typeof special = {
  "query.twins": async (text: string, pageSize?: number) => {
    const query = registry.createQuery(text, pageSize);
    const pages: unknown[] = [];
    while (query.hasMoreResults) {
      const { result } = await query.nextAsTwin();
      // A twin of the SDK has its client inside.
      pages.push(result.map(({ deviceId, tags, properties }) => ({ deviceId, tags, properties })));
    }
    return pages;
  },
  "query.raw": async (text: string, pageSize?: number) => {
    const query = registry.createQuery(text, pageSize);
    const pages: unknown[] = [];
    while (query.hasMoreResults) pages.push((await query.next()).result);
    return pages;
  },
};

async function perform({ method, args }: RegistryCall): Promise<RegistryOutcome> {
  try {
    const other = (special[method] ?? ofDigitalTwins[method] ?? ofQueries[method]) as
      | ((...all: unknown[]) => Promise<unknown>)
      | undefined;
    if (other !== undefined) return { status: 200, body: await other(...args) };
    const ofJob = ofJobs[method] as ((...all: unknown[]) => Promise<Result>) | undefined;
    const target = targets.find((candidate) => typeof candidate[method] === "function");
    const answer = await (ofJob === undefined ? target![method]!(...args) : ofJob(...args));
    if (!answer || "jobId" in answer || "length" in answer) {
      return { status: 200, body: answer || null };
    }
    if ("jobStatus" in answer) {
      return { status: answer.response.statusCode, body: answer.jobStatus };
    }
    return "httpResponse" in answer
      ? { status: answer.httpResponse.statusCode, body: answer.responseBody }
      : { status: answer.message.statusCode, body: answer.result };
  } catch (error) {
    const { name, message } = error as Error;
    return { error: name, message };
  }
}

const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const { id, ...call } = JSON.parse(line) as RegistryCall & { readonly id: number };
  void perform(call).then((outcome) => {
    process.stdout.write(`${JSON.stringify({ id, outcome })}\n`);
  });
});
lines.on("close", () => process.exit(0));
