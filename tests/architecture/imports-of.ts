const FORMS = [
  // import x from "y", export { x } from "y", export * from "y"
  /^[ \t]*(?:import|export)\b[\w$*{}\s,]*\bfrom\s*["']([^"']+)["']/gm,
  /^[ \t]*import\s*["']([^"']+)["']/gm,
  /\bimport\s*\(\s*["'`]([^"'`$]+)["'`]\s*[,)]/g,
  /\brequire(?:\.resolve)?\s*\(\s*["'`]([^"'`]+)["'`]/g,
  /\bimport\.meta\.resolve\s*\(\s*["'`]([^"'`]+)["'`]/g,
  /\bnew Worker\s*\(\s*new URL\s*\(\s*["'`]([^"'`]+)["'`]\s*,\s*import\.meta\.url/g,
];
const TYPE_REFERENCE = /^\s*\/\/\/\s*<reference\s+(?:types|path)=["']([^"']+)["']/gm;
const COMPUTED_IMPORT = /\bimport\s*\(\s*(?:[^"'`\s]|`[^`]*\$\{)/;

/** Stands for an import whose target cannot be read off the source; nothing allows it. */
export const COMPUTED = "(computed)";

/** Everything a source file refers to, whichever of the language's forms it uses. */
export function importsOf(source: string): readonly string[] {
  const references = [...source.matchAll(TYPE_REFERENCE)].map((match) => match[1]!);
  const code = source.replaceAll(/^\s*(?:\/\/|\/\*|\*).*$/gm, "");
  const found = FORMS.flatMap((form) => [...code.matchAll(form)].map((match) => match[1]!));
  if (COMPUTED_IMPORT.test(code)) found.push(COMPUTED);
  return [...new Set([...references, ...found])];
}
