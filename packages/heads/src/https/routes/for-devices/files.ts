import { HubError } from "@larimar/domain";
import {
  BeginFileUpload,
  BeginModuleFileUpload,
  FinishFileUpload,
  FinishModuleFileUpload,
  FinishNamedFileUpload,
  FinishNamedModuleFileUpload,
  UploadResultBody,
  readJson,
  toUploadResult,
} from "@larimar/wire";
import { parseJson } from "../../operations/operation-body.ts";
import { RestError } from "../../operations/rest-error.ts";
import { type Answer, type RouteInput, route } from "../../operations/route.ts";

export const fileRoutes = [
  route(BeginFileUpload, (input) => begin(input)),
  route(BeginModuleFileUpload, (input) => begin(input)),
  route(FinishFileUpload, (input) => finish(input)),
  route(FinishModuleFileUpload, (input) => finish(input)),
  route(FinishNamedFileUpload, (input) => finish(input, input.params.correlationId)),
  route(FinishNamedModuleFileUpload, (input) => finish(input, input.params.correlationId)),
];

type Begin = RouteInput<typeof BeginFileUpload> | RouteInput<typeof BeginModuleFileUpload>;

async function begin({ hub, identity, body, headers }: Begin): Promise<Answer> {
  const { host } = headers;
  const begun = await hub.files.begin(identity.identity, {
    name: body.blobName,
    // Only its own client hears of it, but nonsense would make a URL of something else.
    reachedAs: host !== undefined && AUTHORITY.test(host) ? host : undefined,
  });
  const { correlationId, hostName, containerName, blobName, sasToken } = begun;
  return { status: 200, body: { correlationId, hostName, containerName, blobName, sasToken } };
}

const AUTHORITY = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i;

type Finish = Pick<RouteInput<typeof FinishFileUpload>, "hub" | "identity" | "body">;

async function finish({ hub, identity, body }: Finish, named?: string): Promise<Answer> {
  const reading = readJson(UploadResultBody, parseJson(body));
  if (reading.kind === "invalid") throw new RestError("UploadResultInvalid", reading.problem);
  const correlationId = named ?? reading.value.correlationId ?? undefined;
  if (correlationId === undefined) {
    throw new HubError("CorrelationIdUnknown", "Neither path nor body has a correlation id");
  }
  await hub.files.finish(identity.identity, correlationId, toUploadResult(reading.value));
  return { status: 204 };
}
