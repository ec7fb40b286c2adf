/**
 * The server options that gateways set in `@WebSocketGateway`. If one gateway sets an option, it applies to all
 * gateways of that server. The module's own options take precedence. If two gateways set different values, that is an
 * error. An option that the server does not have is logged and ignored.
 */
import { isDeepStrictEqual } from 'node:util';
import { type Log, unservedTransports } from '../../engine/internal.js';
import { SocketIoError } from '../../errors.js';
import { refuseUnknownOptions } from '../../options.js';
import { SERVER_OPTION_NAMES, type ServerOptions } from '../../server/internal.js';
import type { NestGatewayMetadata } from '../decorators/metadata.js';
import { messages } from '../messages.js';

/** The metadata of a gateway class, and its name. */
export interface DeclaredGateway extends NestGatewayMetadata {
  readonly name: string;
}

/** Options that select the server and the namespace. All others are options of the server. */
const SELECTING: ReadonlySet<string> = new Set(['namespace', 'path', 'server']);

/** The names of the server options that a gateway sets, without `transports`, of which only WebSocket is served. */
export function serverOptionNames({ options }: NestGatewayMetadata): string[] {
  return Object.keys(options).filter(
    (name) => options[name] !== undefined && !SELECTING.has(name) && name !== 'transports',
  );
}

/**
 * Merges the options of the module with those of the gateways of one server.
 * @param own options of the module, which take precedence
 * @throws SocketIoError `INVALID_OPTION` naming two gateways that contradict each other
 */
export function mergeGatewayOptions(gateways: readonly DeclaredGateway[], own: ServerOptions, log: Log): ServerOptions {
  const merged = new Map<string, { readonly by: string; readonly value: unknown }>();
  for (const { name: by, options } of gateways) {
    for (const [name, given] of Object.entries(options)) {
      if (given === undefined || SELECTING.has(name) || !isKnown(name, given, by, log)) continue;
      const value = name === 'cors' ? corsOf(given) : given;
      const ours: unknown = own[name as keyof ServerOptions];
      const earlier = merged.get(name);
      if (ours !== undefined) {
        if (!isDeepStrictEqual(ours, value)) log.warn(messages.moduleOptionUsed(name, by));
      } else if (earlier === undefined) merged.set(name, { by, value });
      else if (!isDeepStrictEqual(earlier.value, value)) {
        throw new SocketIoError('INVALID_OPTION', messages.conflictingOption(name, earlier.by, by));
      }
    }
  }
  return { ...Object.fromEntries([...merged].map(([name, { value }]) => [name, value])), ...own };
}

/** Whether the server has the option. If not, logs why, unless the option is `false`. */
function isKnown(name: string, value: unknown, by: string, log: Log): boolean {
  if (name === 'transports') {
    if (transportsOf(value, by).length > 0) log.warn(messages.noPolling(by));
    return false;
  }
  if (name === 'allowEIO3') {
    if (value === true) log.warn(messages.noOldClients(by));
    return false;
  }
  try {
    refuseUnknownOptions({ [name]: value }, SERVER_OPTION_NAMES, messages.decoratorOf(by));
    return true;
  } catch (error) {
    if (value !== false) log.warn(messages.ignoredOption((error as SocketIoError).message));
    return false;
  }
}

/** @returns the transports that are not served @throws SocketIoError `INVALID_OPTION` without WebSocket */
function transportsOf(given: unknown, by: string): string[] {
  try {
    return unservedTransports(given);
  } catch (error) {
    throw new SocketIoError('INVALID_OPTION', `${messages.decoratorOf(by)}: ${(error as SocketIoError).message}`);
  }
}

/** As in the package cors: without an origin, every origin is allowed. */
function corsOf(given: unknown): unknown {
  return { origin: '*', ...(typeof given === 'object' ? given : {}) };
}
