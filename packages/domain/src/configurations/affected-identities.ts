import type { IdentityKey } from "../devices/device.ts";
import { parseTarget } from "../query/language/parse-query.ts";
import type { Queries } from "../query/queries.ts";
import type { QueryTarget } from "../query/language/query-ast.ts";
import type { Configuration } from "./configuration.ts";
import { kindOfContent, readTarget } from "./configuration-rules.ts";
import { EDGE_AGENT } from "./edge-layers.ts";

/** Targets that wait; one more, and the whole fleet is looked at. */
const TARGETS_MAX = 200;

/** Whom a configuration is for, and whose twins speak of it. */
export function affectedBy(configuration: Configuration): readonly QueryTarget[] {
  const { id, content, targetCondition } = configuration;
  const kind = kindOfContent(content);
  const target = readTarget(targetCondition, kind);
  const isSaid = `is_defined(configurations.[[${id}]])`;
  if (kind === "edge") {
    const isEdge = parseTarget("capabilities.iotEdge = true").where;
    const agents = `from devices.modules where moduleId = '${EDGE_AGENT}' and ${isSaid}`;
    return [
      { ...target, where: { kind: "all", operands: [isEdge, target.where] } },
      parseTarget(agents),
    ];
  }
  // One query: who has just been given the settings is not looked at once more for having them.
  const { where } = parseTarget(
    kind === "module" ? `from devices.modules where ${isSaid}` : isSaid,
  );
  return [{ ...target, where: { kind: "any", operands: [target.where, where] } }];
}

/** Asks the store who is affected by a change, so that nobody else has to be looked at. */
export class AffectedIdentities {
  readonly #queries: Pick<Queries, "identities">;
  readonly #targets: QueryTarget[] = [];
  #chunks: AsyncGenerator<readonly IdentityKey[], void> | undefined;
  #keys: readonly IdentityKey[] = [];
  #isAsking = false;
  #isIncomplete = false;

  constructor(queries: Pick<Queries, "identities">) {
    this.#queries = queries;
  }

  add(targets: readonly QueryTarget[]): void {
    if (this.#targets.length + targets.length > TARGETS_MAX) this.#isIncomplete = true;
    else this.#targets.push(...targets);
  }

  get isEmpty(): boolean {
    const isAtEnd = this.#chunks === undefined && this.#targets.length === 0;
    return isAtEnd && this.#keys.length === 0 && !this.#isAsking;
  }

  /** Some of them; none while the store is being asked, which holds nobody up. */
  take(limit: number): readonly IdentityKey[] {
    const taken = this.#keys.slice(0, limit);
    this.#keys = this.#keys.slice(limit);
    if (this.#keys.length === 0 && !this.#isAsking && !this.isEmpty) void this.#ask();
    return taken;
  }

  /** Whether some may have been left out, because the store did not say or there were too many to ask for. */
  takeIncompleteness(): boolean {
    const wasIncomplete = this.#isIncomplete;
    this.#isIncomplete = false;
    return wasIncomplete;
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    try {
      const target = this.#chunks === undefined ? this.#targets.shift() : undefined;
      if (target !== undefined) this.#chunks = this.#queries.identities(target);
      const chunk = await this.#chunks?.next();
      if (chunk === undefined || chunk.done === true) this.#chunks = undefined;
      else this.#keys = chunk.value;
    } catch {
      this.#chunks = undefined;
      this.#isIncomplete = true;
    } finally {
      this.#isAsking = false;
    }
  }
}
