import type { IncomingMessage } from "node:http";
import type { Clock, ProvisioningDirectory } from "@larimar/domain";
import {
  type RequestTarget,
  compilePath,
  matchPath,
  PROVISIONING_DEVICE_ROUTES,
  PROVISIONING_ROUTES,
  readPath,
} from "@larimar/wire";
import type { ConnectionContext } from "../../head.ts";
import type { Log } from "../../log.ts";
import { ProvisioningDeviceApi } from "../../provisioning-api/device-api.ts";
import {
  provisioningFailure,
  ProvisioningRequestError,
} from "../../provisioning-api/provisioning-failure.ts";
import type { Reply } from "../reply.ts";
import { ClientGoneError } from "../operations/rest-error.ts";
import { performDeviceRequest } from "./device-request.ts";
import { failureReply } from "./provisioning-reply.ts";
import { SERVICE_HANDLERS } from "./service-handlers.ts";
import { performServiceRequest } from "./service-request.ts";

export interface ProvisioningApiParts {
  readonly services: ProvisioningDirectory;
  readonly clock: Clock;
  readonly log: Log;
}

/** A request as the head hands it on. */
export interface ProvisioningJob {
  readonly request: IncomingMessage;
  readonly method: string;
  readonly target: RequestTarget;
  readonly context: ConnectionContext;
}

interface Operation {
  readonly method: string;
  readonly path: ReturnType<typeof compilePath>;
  readonly perform: (params: ReadonlyMap<string, string>, job: ProvisioningJob) => Promise<Reply>;
}

/** The device and service API of provisioning services, told from that of hubs by their paths. */
export class ProvisioningApi {
  readonly #parts: ProvisioningApiParts;
  readonly #operations: readonly Operation[];

  constructor(parts: ProvisioningApiParts) {
    this.#parts = parts;
    const devices = new ProvisioningDeviceApi(parts);
    const operations: Operation[] = [
      ...PROVISIONING_DEVICE_ROUTES.map(({ name, method, path }) => ({
        method,
        path: compilePath(path),
        perform: (params: ReadonlyMap<string, string>, job: ProvisioningJob) =>
          performDeviceRequest(name, params, job, devices),
      })),
      ...Object.values(PROVISIONING_ROUTES).map((contract) => ({
        method: contract.method,
        path: compilePath(contract.path),
        perform: (params: ReadonlyMap<string, string>, job: ProvisioningJob) =>
          performServiceRequest(
            { contract, params, job, handle: SERVICE_HANDLERS[contract.name] },
            parts,
          ),
      })),
    ];
    this.#operations = operations.toSorted((a, b) => b.path.specificity - a.path.specificity);
  }

  /** Undefined for what is no request for provisioning. */
  async answer(job: ProvisioningJob): Promise<Reply | undefined> {
    if (this.#parts.services.list().length === 0) return undefined;
    const found = this.#find(job);
    if (found === undefined) return undefined;
    try {
      if (found === "methodNotAllowed") {
        throw new ProvisioningRequestError(
          "MethodNotAllowed",
          `The path does not take ${job.method}`,
        );
      }
      return await found.operation.perform(found.params, job);
    } catch (error) {
      if (error instanceof ClientGoneError) throw error;
      const { clock, log } = this.#parts;
      return failureReply(provisioningFailure(error, { nowMs: clock.now(), log }));
    }
  }

  #find({ method, target }: ProvisioningJob) {
    let isKnown = false;
    for (const path of readPath(target.path)) {
      for (const operation of this.#operations) {
        const params = matchPath(operation.path, path);
        if (params === undefined) continue;
        if (operation.method === method) return { operation, params };
        isKnown = true;
      }
    }
    return isKnown ? "methodNotAllowed" : undefined;
  }
}
