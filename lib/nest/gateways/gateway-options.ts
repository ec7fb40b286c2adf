/**
 * The options of a server as the gateways that it serves ask for them in `@WebSocketGateway`: what only one
 * of them names holds for all. The module's own options win; gateways that contradict each other are an
 * error, and what cannot mean anything here is said and left out.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Log } from '../../engine/index.js';
import { refuseUnknownOptions } from '../../options.js';
import { SocketIoError } from '../../errors.js';
import { SERVER_OPTION_NAMES, type ServerOptions } from '../../server/index.js';
import { messages } from '../messages.js';
import type { NestGatewayMetadata } from '../decorators/metadata.js';

/** A gateway class and what it asks for. */
export interface DeclaredGateway extends NestGatewayMetadata {
  readonly name: string;
}

/** What says which server and namespace; the rest is how that server is to be. */
const PLACE: ReadonlySet<string> = new Set(['namespace', 'path', 'server']);

/** The options that a gateway sets of its server; not `transports`, which has one value. */
export function serverOptionsOf({ options }: NestGatewayMetadata): string[] {
  return Object.keys(options).filter(
    (name) => options[name] !== undefined && !PLACE.has(name) && name !== 'transports',
  );
}

/**
 * @param own of the module: they win
 * @throws SocketIoError `INVALID_OPTION` naming two gateways that contradict each other
 */
export function gatewayOptions(gateways: readonly DeclaredGateway[], own: ServerOptions, log: Log): ServerOptions {
  const asked = new Map<string, { readonly by: string; readonly value: unknown }>();
  for (const { name: by, options } of gateways) {
    for (const [name, given] of Object.entries(options)) {
      if (given === undefined || PLACE.has(name) || !isKnown(name, given, by, log)) continue;
      const value = name === 'cors' ? corsOf(given) : given;
      const ours: unknown = own[name as keyof ServerOptions];
      const earlier = asked.get(name);
      if (ours !== undefined) {
        if (!isDeepStrictEqual(ours, value)) log.warn(messages.moduleWins(name, by));
      } else if (earlier === undefined) asked.set(name, { by, value });
      else if (!isDeepStrictEqual(earlier.value, value)) {
        throw new SocketIoError('INVALID_OPTION', messages.contradiction(name, earlier.by, by));
      }
    }
  }
  return { ...Object.fromEntries([...asked].map(([name, { value }]) => [name, value])), ...own };
}

/** Says why, if not. What is switched off needs no word. */
function isKnown(name: string, value: unknown, by: string, log: Log): boolean {
  if (name === 'transports') {
    if (!isDeepStrictEqual(value, ['websocket'])) log.warn(messages.noPolling(by));
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
    if (value !== false) log.warn(messages.withoutEffect((error as SocketIoError).message));
    return false;
  }
}

/** As the package cors has it: without an origin, every origin. */
function corsOf(given: unknown): unknown {
  return { origin: '*', ...(typeof given === 'object' ? given : {}) };
}
