/**
 * Nest's hooks of a gateway: `handleConnection` after a client is accepted, `handleDisconnect` when it
 * leaves. What they throw goes to the filters of the gateway; a client whose `handleConnection` failed is
 * disconnected.
 */
import type { Log } from '../../engine/index.js';
import type { DisconnectHandler, DisconnectReason, Namespace, Socket } from '../../server/index.js';
import type { ConnectionScopes, GatewayInstance } from '../connection-scope.js';
import { emitException, logFailure } from './exception-event.js';
import type { LiveSessions } from '../sessions/live-sessions.js';
import type { SerialEvents } from '../events/serial-events.js';
import { SubscribedCall } from './subscribed-event.js';
import type { Filters, SubscribedPipeline } from './subscribed-pipeline.js';

export const HOOKS = ['handleConnection', 'handleDisconnect'] as const;

type Hook = (typeof HOOKS)[number];

type HookedGateway = Record<Hook, (client: Socket, reason?: DisconnectReason) => unknown>;

/** A gateway and the filters of one of its hooks, as they are for a client. */
type BoundFor = (client: Socket) => { readonly gateway: HookedGateway; readonly filters: Filters };

export class ConnectionHooks {
  readonly #gateway: GatewayInstance;
  readonly #pipeline: SubscribedPipeline;
  readonly #scopes: ConnectionScopes;
  readonly #log: Log;
  readonly #sessions: LiveSessions | null;

  /** @param sessions there where handlers have theirs as it is now */
  constructor(
    gateway: GatewayInstance,
    pipeline: SubscribedPipeline,
    scopes: ConnectionScopes,
    log: Log,
    sessions: LiveSessions | null = null,
  ) {
    this.#gateway = gateway;
    this.#pipeline = pipeline;
    this.#scopes = scopes;
    this.#log = log;
    this.#sessions = sessions;
  }

  /**
   * @param serial what has to be through before `handleDisconnect`
   * @returns the hooks that the gateway has
   */
  bind(namespace: Namespace, serial: SerialEvents | null = null): Hook[] {
    const { instance, type } = this.#gateway;
    const present = HOOKS.filter((hook) => typeof (instance as Partial<HookedGateway>)[hook] === 'function');
    for (const hook of present) {
      const where = `${type.name}.${hook}`;
      const boundFor = this.#boundFor(hook);
      if (hook === 'handleConnection') namespace.on('connection', (client) => this.#enter(client, where, boundFor));
      else {
        const leave: DisconnectHandler = (client, reason) =>
          this.#scopes.hold(client, this.#leave(client, reason, where, boundFor));
        namespace.onDisconnect(serial?.disconnect(leave) ?? leave, true); // as handleConnection, it sees every client
      }
    }
    return present;
  }

  #boundFor(hook: Hook): BoundFor {
    const { id, resolve } = this.#gateway;
    return this.#scopes.lookup(this.#gateway, (instance, scope) => ({
      gateway: instance as HookedGateway,
      filters: this.#pipeline.filters(instance, hook, id, resolve === undefined ? undefined : scope),
    }));
  }

  async #enter(client: Socket, where: string, boundFor: BoundFor): Promise<void> {
    const call = new SubscribedCall(client, ['handleConnection'], undefined, 'handleConnection');
    const { gateway, filters } = boundFor(client);
    try {
      await this.#within(client, () => gateway.handleConnection(client), false);
    } catch (error) {
      await this.#fail(error, call, where, filters);
      client.disconnect();
    }
  }

  /** Resolves when the hook has settled: until then, rooms and data of the client are there. */
  async #leave(client: Socket, reason: DisconnectReason, where: string, boundFor: BoundFor): Promise<void> {
    const call = new SubscribedCall(client, ['handleDisconnect', reason], undefined, 'handleDisconnect');
    const { gateway, filters } = boundFor(client);
    try {
      await this.#within(client, () => gateway.handleDisconnect(client, reason), true);
    } catch (error) {
      await this.#fail(error, call, where, filters);
    }
  }

  #within(client: Socket, hook: () => unknown, leaving: boolean): unknown {
    return this.#sessions === null ? hook() : this.#sessions.within(client, hook, leaving);
  }

  async #fail(error: unknown, call: SubscribedCall, where: string, filters: Filters): Promise<void> {
    const filtering = await filters(error, call);
    if (filtering.caught) return;
    logFailure(filtering.error, where, this.#log);
    emitException(filtering.error, call, where, this.#log);
  }
}
