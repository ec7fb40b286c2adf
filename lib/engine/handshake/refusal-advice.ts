/**
 * The log lines about refusals that a wrong configuration causes, of a client, of a proxy or of this server. Each names
 * the line to change. Hints are for the answer to the client and contain nothing that its request does not.
 */
import type { IncomingMessage } from 'node:http';
import { quote } from '../../errors.js';
import { requestHost } from './host-policy.js';
import type { ProxyTrust } from './proxy-trust.js';

export const ORIGIN_HINT =
  'the page is from another host than the Host of its request: allow its origin with the option cors: { origin }, or ' +
  'if a proxy has changed Host, have it send Host unchanged, or X-Forwarded-Host with the option trustProxy';

export const HOST_HINT =
  'the Host of the request is not in the option allowedHosts: add it, or if a proxy has changed Host, have it send ' +
  'Host unchanged, or X-Forwarded-Host with the option trustProxy';

export const POLLING_ADVICE =
  "a client asked for long polling, which is not served: set transports: ['websocket'] in its options";

export const NO_UPGRADE_ADVICE =
  'a WebSocket request arrived without Upgrade and Connection, as behind a proxy that removes these headers: in ' +
  'nginx, set proxy_http_version 1.1, proxy_set_header Upgrade $http_upgrade and proxy_set_header Connection "upgrade"';

/** @param protocol the value of `EIO` in the query */
export function versionAdvice(protocol: unknown): string {
  const version = typeof protocol === 'string' ? protocol : ''; // absent, or given twice
  const client = version === '3' ? 'a client of Socket.IO 2' : `a client with EIO=${quote(version)}`;
  return `refused ${client}: this server speaks Engine.IO 4 (EIO=4): update the client to Socket.IO 3 or later`;
}

/** @param trust `null` if no proxy is trusted */
export function originAdvice(request: IncomingMessage, trust: ProxyTrust | null): string {
  const { origin = '' } = request.headers;
  const host = requestHost(request, trust) ?? '';
  const risk = origin === 'null' ? ' (all sandboxed frames and local files have it)' : '';
  return (
    `refused a client from origin ${quote(origin)}, because its request is for the host ${quote(host)}: ` +
    `to allow that origin${risk}, set cors: { origin: [${quote(origin)}] }${
      /^https?:/.test(origin) ? `; if it is the origin of this server, ${proxyAdvice(request, trust)}` : ''
    }`
  );
}

/**
 * @param host the host that the request is for
 * @param trust `null` if no proxy is trusted
 */
export function hostAdvice(request: IncomingMessage, host: string, trust: ProxyTrust | null): string {
  return (
    `refused a client that asked for the host ${quote(host)}: if this server has that name, add it to the option ` +
    `allowedHosts; if it has another, ${proxyAdvice(request, trust)}`
  );
}

function proxyAdvice({ headers, socket }: IncomingMessage, trust: ProxyTrust | null): string {
  const forwarded = headers['x-forwarded-host'];
  const { remoteAddress = '' } = socket;
  if (typeof forwarded === 'string' && trust?.(remoteAddress, 0) !== true) {
    return `set trustProxy: X-Forwarded-Host is ${quote(forwarded)}, from ${quote(remoteAddress)}, which is not trusted`;
  }
  return (
    'a proxy has changed Host: have it send Host as it came, with its port (in nginx: proxy_set_header Host ' +
    '$http_host), or send X-Forwarded-Host and set trustProxy here'
  );
}
