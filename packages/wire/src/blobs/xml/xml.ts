const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

export function escapeXml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}

/** `name` must be one that XML allows. */
export function element(name: string, text: string): string {
  return text === "" ? `<${name} />` : `<${name}>${escapeXml(text)}</${name}>`;
}
