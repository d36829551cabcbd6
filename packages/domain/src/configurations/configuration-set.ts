import { HubError } from "../errors/hub-error.ts";
import type { JsonObject } from "../json/json-value.ts";
import { isJsonObject, member } from "../json/json-value.ts";
import { matchesCondition } from "../query/evaluation/evaluate.ts";
import type { Expression, QueryPath, QueryTarget } from "../query/language/query-ast.ts";
import type { Configuration, ConfigurationKind } from "./configuration.ts";
import { byPrecedence } from "./configuration.ts";
import { kindOfContent, readTarget } from "./configuration-rules.ts";
import type { RetiredConfiguration } from "./configuration-store.ts";
import type { Setting } from "./settings.ts";
import { settingsOf } from "./settings.ts";

/** A configuration, made ready to be compared with many twins. */
export interface PreparedConfiguration {
  readonly id: string;
  readonly kind: ConfigurationKind;
  readonly target: QueryTarget;
  /** Of devices and modules. */
  readonly settings: readonly Setting[];
  /** Of edge devices. */
  readonly modulesContent: JsonObject;
}

/** All configurations of a hub at one moment, and those that were deleted but not taken back yet. */
export class ConfigurationSet {
  readonly #live: readonly PreparedConfiguration[];
  readonly #byId = new Map<string, PreparedConfiguration[]>();
  readonly #liveIds: ReadonlySet<string>;
  readonly #roots: ReadonlySet<string>;
  readonly retiredKeys: readonly number[];

  constructor(live: readonly Configuration[], retired: readonly RetiredConfiguration[]) {
    this.#live = live.toSorted(byPrecedence).map(prepare);
    const gone = retired.map(({ configuration }) => prepare(configuration));
    for (const prepared of [...this.#live, ...gone]) {
      const others = this.#byId.get(prepared.id) ?? [];
      this.#byId.set(prepared.id, [...others, prepared]);
    }
    this.#liveIds = new Set(live.map(({ id }) => id));
    this.#roots = new Set(this.#live.flatMap(({ target }) => [...namesIn(target.where)]));
    this.retiredKeys = retired.map(({ key }) => key);
  }

  get isEmpty(): boolean {
    return this.#byId.size === 0;
  }

  /** Whether there is, or was, one of this kind. */
  concerns(...kinds: readonly ConfigurationKind[]): boolean {
    return [...this.#byId.values()].flat().some(({ kind }) => kinds.includes(kind));
  }

  /** Whether a condition looks at this field of twins: `properties.reported`, `connectionState`, … */
  reads(field: string): boolean {
    return this.#roots.has(field);
  }

  /** In order of precedence. */
  matching(kind: ConfigurationKind, document: JsonObject): readonly PreparedConfiguration[] {
    return this.#live.filter(
      (one) => one.kind === kind && matchesCondition(one.target.where, document),
    );
  }

  /** With this id, now or until lately. */
  known(id: string): readonly PreparedConfiguration[] {
    return this.#byId.get(id) ?? [];
  }

  /** Whether what twins say of this id may be about one that was deleted. */
  isInDoubt(id: string): boolean {
    return !this.#liveIds.has(id) || this.known(id).length > 1;
  }
}

function prepare(configuration: Configuration): PreparedConfiguration {
  const { id, content, targetCondition } = configuration;
  const kind = kindOfContent(content);
  const own = member(content, kind === "device" ? "deviceContent" : "moduleContent");
  const modulesContent = member(content, "modulesContent");
  return {
    id,
    kind,
    target: targetOf(targetCondition, kind),
    settings: isJsonObject(own) ? settingsOf(own) : [],
    modulesContent: isJsonObject(modulesContent) ? modulesContent : {},
  };
}

/** A condition that an older version took and this one does not is met by nobody; it holds up no others. */
function targetOf(condition: string, kind: ConfigurationKind): QueryTarget {
  try {
    return readTarget(condition, kind);
  } catch (error) {
    if (error instanceof HubError) return readTarget("", kind);
    throw error;
  }
}

function namesIn(expression: Expression): readonly string[] {
  switch (expression.kind) {
    case "literal":
      return [];
    case "path":
      return namesOf(expression.path);
    case "all":
    case "any":
    case "call":
      return expression.operands.flatMap(namesIn);
    case "not":
    case "negate":
    case "in":
      return namesIn(expression.operand);
    case "compare":
    case "arithmetic":
      return [...namesIn(expression.left), ...namesIn(expression.right)];
  }
}

/** A condition on a whole looks at its parts. */
function namesOf({ segments }: QueryPath): readonly string[] {
  const [root, section] = segments.map(String);
  if (root !== "properties") return [root ?? ""];
  return section === undefined
    ? ["properties.desired", "properties.reported"]
    : [`properties.${section}`];
}
