/**
 * Not every machine resolves names below `localhost`, and none resolves them to another loopback address. This
 * is for the environment of a client's process, as an entry in a name server would be for its machine.
 */
export function resolvesLocalNamesTo(address: string): { NODE_OPTIONS: string } {
  const module = `
    import dns from "node:dns";
    const lookup = dns.lookup;
    dns.lookup = (host, ...rest) => lookup(host.endsWith(".localhost") ? "${address}" : host, ...rest);
  `;
  return { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(module)}` };
}
