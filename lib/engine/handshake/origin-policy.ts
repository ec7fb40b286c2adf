/**
 * Decides which pages may open a WebSocket to this server. Browsers do not apply CORS to WebSockets, so the server has
 * to check `Origin`. By default, the only pages allowed are those from the same host and port. Requests without
 * `Origin` are allowed, too: browsers never send them. HTTP and HTTPS count as the same, because TLS may end at a proxy.
 */
import { contain } from '../contain.js';
import { type HostRequest, requestHost } from './host-policy.js';
import type { ProxyTrust } from './proxy-trust.js';

/**
 * The option `origin` of Express' cors. The origins it allows are in addition to the server's own.
 * @publicApi
 */
export type OriginRule =
  | boolean
  | string
  | RegExp
  | readonly (string | RegExp)[]
  | ((origin: string | undefined, callback: (error: Error | null, allow?: OriginRule) => void) => void);

/** @returns whether the page that made the request may connect */
export function allowsOrigin(
  rule: OriginRule,
  request: HostRequest,
  trust: ProxyTrust | null,
): boolean | Promise<boolean> {
  const { origin } = request.headers;
  if (origin === undefined || isSameOrigin(origin, requestHost(request, trust))) return true;
  if (typeof rule !== 'function') return matches(rule, origin);
  return new Promise((resolve, reject) => {
    const answer: Parameters<typeof rule>[1] = (error, allow = false) => {
      if (error !== null && error !== undefined) reject(error);
      else resolve(typeof allow !== 'function' && matches(allow, origin));
    };
    void contain(() => rule(origin, answer), reject);
  });
}

/** Whether an `Origin` header contains only legal characters: printable ASCII. */
export function isLegalOrigin(origin: string): boolean {
  for (let i = 0; i < origin.length; i++) {
    const code = origin.charCodeAt(i);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}

function isSameOrigin(origin: string, host: string | undefined): boolean {
  try {
    const { protocol, host: own } = new URL(origin);
    // In an app, the host of a page such as capacitor://localhost is that of no server.
    if (protocol !== 'http:' && protocol !== 'https:') return false;
    // Parsed with the scheme of the origin, so that either side may write or omit the default port.
    return host !== undefined && new URL(`${protocol}//${host}`).host === own;
  } catch {
    return false; // "null", or not an origin
  }
}

function matches(rule: Exclude<OriginRule, (...args: never[]) => unknown>, origin: string): boolean {
  if (typeof rule === 'boolean') return rule;
  if (typeof rule === 'string') return rule === '*' || rule === origin;
  if (rule instanceof RegExp) return origin.search(rule) !== -1; // unlike test(), it keeps no state between calls
  return rule.some((item) => matches(item, origin));
}
