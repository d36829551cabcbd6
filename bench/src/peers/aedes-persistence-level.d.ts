declare module "aedes-persistence-level" {
  import type { ClassicLevel } from "classic-level";

  export default function persistLevel(database: ClassicLevel<string, Uint8Array>): object;
}
