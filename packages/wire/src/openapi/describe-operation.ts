import type { JsonObject } from "@larimar/domain";
import { z } from "zod";
import type { OpenApiContent, OpenApiOperation, OpenApiParameter } from "./openapi-document.ts";

/** What every kind of route can say of itself. */
export interface DescribedOperation {
  readonly operationId: string;
  readonly tag: string;
  readonly method: string;
  readonly path: string;
  /** The names of security schemes, any of which will do; none lets everybody in. */
  readonly security: readonly string[];
  readonly description?: string;
  readonly isApiVersionRequired: boolean;
  readonly isConditional: boolean;
  readonly query?: z.ZodType | undefined;
  readonly body?: { readonly schema?: z.ZodType | undefined } | undefined;
  readonly success: {
    readonly status: number;
    readonly schema?: z.ZodType | undefined;
    readonly contentType?: string | undefined;
  };
  /** The name of the schema of error bodies. */
  readonly errorSchema: string;
}

export function describeOperation(operation: DescribedOperation): OpenApiOperation {
  const { operationId, tag, security, description, body, success, errorSchema } = operation;
  const bodyContent = body && contentOf("input", body.schema, undefined);
  const successContent =
    success.status === 204 || success.status === 202
      ? undefined
      : contentOf("output", success.schema, success.contentType);
  return {
    operationId,
    tags: [tag],
    security: security.length === 0 ? [{}] : security.map((name) => ({ [name]: [] })),
    ...(description === undefined ? {} : { description }),
    parameters: parametersOf(operation),
    ...(bodyContent === undefined ? {} : { requestBody: { required: true, content: bodyContent } }),
    responses: {
      [success.status]: {
        description: successContent === undefined ? "Done." : "What was asked for.",
        ...(successContent === undefined ? {} : { content: successContent }),
      },
      default: {
        description: "Why it was not done.",
        content: {
          "application/json": { schema: { $ref: `#/components/schemas/${errorSchema}` } },
        },
      },
    },
  };
}

/** A schema as JSON Schema says it; what only code can judge is left open. */
function schemaOf(io: "input" | "output", schema: z.ZodType): JsonObject {
  const { $schema: _, ...described } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return described as JsonObject;
}

function contentOf(
  io: "input" | "output",
  schema: z.ZodType | undefined,
  contentType: string | undefined,
): OpenApiContent {
  if (schema !== undefined) return { "application/json": { schema: schemaOf(io, schema) } };
  return { [contentType ?? "application/octet-stream"]: { schema: {} } };
}

function parametersOf(operation: DescribedOperation): readonly OpenApiParameter[] {
  const { path, query, isApiVersionRequired, isConditional } = operation;
  const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  const parameters: OpenApiParameter[] = named.map((name) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  if (query !== undefined) parameters.push(...queryParametersOf(query));
  if (isApiVersionRequired && !parameters.some(({ name }) => name === "api-version")) {
    const schema = { type: "string" };
    parameters.push({ name: "api-version", in: "query", required: true, schema });
  }
  if (isConditional) {
    const schema = { type: "string", description: "An ETag in quotes, or *." };
    parameters.push({ name: "If-Match", in: "header", required: false, schema });
  }
  return parameters;
}

function queryParametersOf(query: z.ZodType): readonly OpenApiParameter[] {
  const { properties, required } = schemaOf("input", query) as {
    readonly properties?: Readonly<Record<string, JsonObject>>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties ?? {}).map(([name, schema]) => ({
    name,
    in: "query",
    required: required?.includes(name) ?? false,
    schema,
  }));
}
