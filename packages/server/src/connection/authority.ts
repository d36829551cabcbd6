const DEFAULT_AMQP_PORT = 5671;
const DEFAULT_HTTPS_PORT = 443;

/** Host and port as URLs have them: the port is left out where it goes without saying. */
export function httpsAuthority(host: string, port: number): string {
  return withPort(host, port, DEFAULT_HTTPS_PORT);
}

export function amqpAuthority(host: string, port: number): string {
  return withPort(host, port, DEFAULT_AMQP_PORT);
}

function withPort(host: string, port: number, defaultPort: number): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return port === defaultPort ? name : `${name}:${port}`;
}
