/**
 * Decides by the host that a request names whether it is meant for this server. A page can have its own host name
 * resolve to the address of this server ("DNS rebinding"). For the browser and for the origin check, the page and the
 * server then have the same host; only the name shows that the page is foreign.
 */
import type { IncomingMessage } from 'node:http';
import { invalidOption } from '../../options.js';
import type { ProxyTrust } from './proxy-trust.js';

/** Returns whether a request for this host is allowed; `undefined` if the request names no host. */
export type HostRule = (host: string | undefined) => boolean;

interface HostAndPort {
  /** In lower case, without a dot at the end. */
  readonly name: string;
  /** `null` if none is written. */
  readonly port: number | null;
}

/** A name or an IPv6 address in brackets, and an optional port. */
const HOST = /^(\[[^\]]*\]|[^:[\]]*)(?::(\d{1,5}))?$/;

/** Characters that a URL parser would not leave in the host, or would decode. */
const NOT_IN_HOST = /[\s/?#@\\%*]/;

/** The ports that a client omits. Which of the two it means depends on TLS, which may end at a proxy. */
const DEFAULT_PORTS: ReadonlySet<number> = new Set([80, 443]);

/** The parts of a request from which its host is read. */
export type HostRequest = Pick<IncomingMessage, 'headers' | 'socket'>;

/**
 * The host that a request is for. If it comes from a trusted proxy, it is the first host in `X-Forwarded-Host`, the one
 * that the client named.
 * @param trust `null` if no proxy is trusted
 */
export function requestHost({ headers, socket }: HostRequest, trust: ProxyTrust | null): string | undefined {
  const forwarded = trust === null ? undefined : headers['x-forwarded-host'];
  if (trust === null || typeof forwarded !== 'string' || !trust(socket.remoteAddress ?? '', 0)) return headers.host;
  const first = forwarded.split(',', 1)[0]?.trim();
  return first === '' ? headers.host : first;
}

/**
 * Creates the rule of the option `allowedHosts`.
 * @throws SocketIoError `INVALID_OPTION`
 */
export function hostRule(allowed: readonly string[]): HostRule {
  if (!Array.isArray(allowed) || allowed.length === 0) {
    invalidOption(
      'allowedHosts',
      allowed,
      'be a list of at least one host name',
      "write allowedHosts: ['example.com']",
    );
  }
  const rules = allowed.map(ruleOf);
  return (given) => {
    const host = given === undefined ? null : parseHost(given);
    return host !== null && rules.some((allows) => allows(host));
  };
}

function ruleOf(entry: unknown, index: number): (host: HostAndPort) => boolean {
  const isDomain = typeof entry === 'string' && entry.startsWith('*.');
  const parsed = typeof entry === 'string' ? parseHost(isDomain ? entry.slice(2) : entry) : null;
  if (parsed === null) {
    invalidOption(
      `allowedHosts[${index}]`,
      entry,
      'be a host name with an optional port',
      "write it without scheme and path, as 'example.com', 'example.com:8443' or '*.example.com'",
    );
  }
  const { name, port } = parsed;
  const suffix = `.${name}`;
  return (host) => (isDomain ? host.name.endsWith(suffix) : host.name === name) && isSamePort(port, host.port);
}

function isSamePort(allowed: number | null, given: number | null): boolean {
  return allowed === null || allowed === given || (given === null && DEFAULT_PORTS.has(allowed));
}

/** @returns `null` if the text is not a host name with an optional port */
function parseHost(text: string): HostAndPort | null {
  const [, host = '', digits] = HOST.exec(text) ?? [];
  const port = digits === undefined ? null : Number(digits);
  if (host === '' || NOT_IN_HOST.test(host) || (port !== null && port > 65_535)) return null;
  try {
    const { hostname } = new URL(`http://${host}`); // in lower case, with names of other scripts as Punycode
    const name = hostname.replace(/\.$/, '');
    return name === '' ? null : { name, port };
  } catch {
    return null;
  }
}
