import { z } from "zod";
import {
  ConfigurationBody,
  ConfigurationDocument,
  TestQueriesBody,
  TestQueriesResult,
} from "../bodies/configuration-body.ts";
import { AnyJsonObject } from "../json-schema.ts";
import { routeContract } from "./route-contract.ts";

const reading = {
  caller: { rights: ["RegistryRead", "ServiceConnect"] },
  errorForm: "A",
  isApiVersionRequired: true,
} as const;
const writing = { ...reading, caller: { rights: ["RegistryWrite", "ServiceConnect"] } } as const;
const path = "/configurations/{configurationId}";
const found = { status: 200, schema: ConfigurationDocument } as const;
/** As many as a hub may have. */
const CONFIGURATIONS_MAX = 100;

export const ListConfigurations = routeContract({
  ...reading,
  name: "listConfigurations",
  method: "GET",
  path: "/configurations",
  query: z.object({
    // Missing, out of range or no number at all: all of them.
    top: z.coerce.number().int().min(1).max(CONFIGURATIONS_MAX).catch(CONFIGURATIONS_MAX),
  }),
  success: { status: 200, schema: z.array(ConfigurationDocument) },
});

export const GetConfiguration = routeContract({
  ...reading,
  name: "getConfiguration",
  method: "GET",
  path,
  success: found,
});

/** Creates without `If-Match`, changes with it. */
export const PutConfiguration = routeContract({
  ...writing,
  name: "putConfiguration",
  method: "PUT",
  path,
  isConditional: true,
  body: { schema: ConfigurationBody, limit: "bulkBytesMax" },
  success: found,
});

export const DeleteConfiguration = routeContract({
  ...writing,
  name: "deleteConfiguration",
  method: "DELETE",
  path,
  isConditional: true,
  success: { status: 204 },
});

/** Says what is wrong with queries, and answers 200 then too. */
export const TestConfigurationQueries = routeContract({
  ...reading,
  name: "testConfigurationQueries",
  method: "POST",
  path: "/configurations/testQueries",
  body: { schema: TestQueriesBody, limit: "bulkBytesMax" },
  success: { status: 200, schema: TestQueriesResult },
});

/** The content alone, without a configuration around it. */
export const ApplyConfigurationContent = routeContract({
  ...writing,
  name: "applyConfigurationContent",
  method: "POST",
  path: "/devices/{deviceId}/applyConfigurationContent",
  body: { schema: AnyJsonObject, limit: "bulkBytesMax" },
  success: { status: 204 },
});
