/**
 * The option `trustProxy`: the proxies whose `X-Forwarded-...` headers are believed. Any client can send these headers
 * itself, so without the option they are ignored.
 * Source: Express, `trust proxy`. `true` differs: in Express, it believes addresses that clients have made up.
 */
import proxyAddr from 'proxy-addr';
import { describeValue, invalidOption } from '../../options.js';
import type { Log } from '../log.js';

/**
 * The proxies in front of the server:
 *
 * - `false` or `0`: none
 * - `true` or `1`: one. A larger number: as many proxies, one behind the other
 * - addresses, subnets such as `10.0.0.0/8`, and the names `loopback`, `linklocal` and `uniquelocal`; a list, or one
 *   string with commas
 * - a function that returns whether an address is a proxy's. `hop` is 0 for the TCP connection to this server
 * @publicApi
 */
export type TrustProxy = boolean | number | string | readonly string[] | ((address: string, hop: number) => boolean);

/** Returns whether an address is that of a trusted proxy. */
export type ProxyTrust = (address: string, hop: number) => boolean;

const RULE = 'be a boolean, the number of proxies, their addresses, or a function';

const HINT =
  "write trustProxy: 1 for one proxy, or its addresses, as trustProxy: ['loopback', '10.0.0.0/8', '192.0.2.7']";

/**
 * @returns `null` if no proxy is trusted
 * @throws SocketIoError `INVALID_OPTION`
 */
export function proxyTrust(given: TrustProxy, logger: Log): ProxyTrust | null {
  if (typeof given === 'boolean') return given ? isFirstHop : null;
  if (typeof given === 'function') return contained(given, logger);
  if (typeof given === 'number') {
    if (!Number.isInteger(given) || given < 0) invalidOption('trustProxy', given, RULE, HINT);
    return given === 0 ? null : (_, hop) => hop < given;
  }
  const entries: unknown = typeof given === 'string' ? given.split(',').map((entry) => entry.trim()) : given;
  if (!Array.isArray(entries)) invalidOption('trustProxy', given, RULE, HINT);
  const wrong = entries.findIndex((entry) => !isEntry(entry));
  if (wrong !== -1) {
    const what = describeValue(entries[wrong]);
    invalidOption('trustProxy', given, RULE, `${what} is neither an address nor a subnet: ${HINT}`);
  }
  return entries.length === 0 ? null : proxyAddr.compile(entries as string[]);
}

function isFirstHop(_: string, hop: number): boolean {
  return hop === 0;
}

function isEntry(entry: unknown): boolean {
  // The parser would take a number without dots, such as a number of hops in a string, for an address.
  if (typeof entry !== 'string' || /^\d+$/.test(entry)) return false;
  try {
    proxyAddr.compile(entry);
    return true;
  } catch {
    return false;
  }
}

/** An exception of the function is logged and counts as `false`, as does anything it returns except `true`. */
function contained(trust: ProxyTrust, logger: Log): ProxyTrust {
  return (address, hop) => {
    try {
      return (trust(address, hop) as unknown) === true;
    } catch (error) {
      logger.error('the function given as trustProxy failed', error);
      return false;
    }
  };
}
