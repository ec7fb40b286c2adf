/**
 * Nest's hooks of a gateway: `handleConnection` after a client is accepted, `handleDisconnect` when it
 * leaves. What they throw goes to the filters of the gateway; a client whose `handleConnection` failed is
 * disconnected.
 */
import type { Log } from '../engine/index.js';
import type { DisconnectReason, Namespace, Socket } from '../server/index.js';
import { emitException, logFailure } from './exception-event.js';
import { SubscribedCall } from './subscribed-event.js';
import type { Filters } from './subscribed-pipeline.js';

export const HOOKS = ['handleConnection', 'handleDisconnect'] as const;

type Hook = (typeof HOOKS)[number];

type HookedGateway = Record<Hook, ((client: Socket, reason?: DisconnectReason) => unknown) | undefined>;

export class ConnectionHooks {
  readonly #gateway: HookedGateway;
  readonly #name: string;
  readonly #filtersOf: (hook: Hook, where: string) => Filters;
  readonly #log: Log;

  /** @param filtersOf gives the filters of a method */
  constructor(gateway: object, name: string, filtersOf: (hook: Hook, where: string) => Filters, log: Log) {
    this.#gateway = gateway as HookedGateway;
    this.#name = name;
    this.#filtersOf = filtersOf;
    this.#log = log;
  }

  /** @returns the hooks that the gateway has */
  bind(namespace: Namespace): Hook[] {
    const present = HOOKS.filter((hook) => typeof this.#gateway[hook] === 'function');
    for (const hook of present) {
      const where = `${this.#name}.${hook}`;
      const filters = this.#filtersOf(hook, where);
      if (hook === 'handleConnection') namespace.on('connection', (client) => this.#enter(client, where, filters));
      else namespace.onDisconnect((client, reason) => this.#leave(client, reason, where, filters));
    }
    return present;
  }

  async #enter(client: Socket, where: string, filters: Filters): Promise<void> {
    const call = new SubscribedCall(client, ['handleConnection'], undefined, 'handleConnection');
    try {
      await this.#gateway.handleConnection?.(client);
    } catch (error) {
      await this.#fail(error, call, where, filters);
      client.disconnect();
    }
  }

  /** Resolves when the hook has settled: until then, rooms and data of the client are there. */
  async #leave(client: Socket, reason: DisconnectReason, where: string, filters: Filters): Promise<void> {
    const call = new SubscribedCall(client, ['handleDisconnect', reason], undefined, 'handleDisconnect');
    try {
      await this.#gateway.handleDisconnect?.(client, reason);
    } catch (error) {
      await this.#fail(error, call, where, filters);
    }
  }

  async #fail(error: unknown, call: SubscribedCall, where: string, filters: Filters): Promise<void> {
    const filtering = await filters(error, call);
    if (filtering.caught) return;
    logFailure(filtering.error, where, this.#log);
    emitException(filtering.error, call, where, this.#log);
  }
}
