/**
 * Nest's hooks of a gateway: `handleConnection` is called after a client has been accepted, `handleDisconnect` when the
 * client leaves. If a hook throws or rejects, the filters of the gateway get the error; a client whose
 * `handleConnection` failed is then disconnected.
 */
import { Inject, Injectable } from '@nestjs/common';
import type { Log } from '../../engine/internal.js';
import type { DisconnectHandler, DisconnectReason, Socket } from '../../server/internal.js';
import { ConnectionScopes, type GatewayInstance } from '../connection-scope.js';
import type { Binding } from '../gateways/event-owners.js';
import { SOCKETIO_LOG } from '../module-options.js';
import { LiveSessions, type SessionUse } from '../sessions/live-sessions.js';
import { emitException, logFailure } from './exception-event.js';
import { SubscribedCall } from './subscribed-event.js';
import { type ApplyFilters, SubscribedPipeline } from './subscribed-pipeline.js';

const HOOKS = ['handleConnection', 'handleDisconnect'] as const;

type Hook = (typeof HOOKS)[number];

type HookedGateway = Record<Hook, (client: Socket, reason?: DisconnectReason) => unknown>;

/** A hook of a gateway. */
interface BoundHook {
  /** Class and method, for the log. */
  readonly where: string;
  /** The instance and the filters for a client. */
  readonly boundFor: (client: Socket) => { readonly instance: HookedGateway; readonly filters: ApplyFilters };
}

@Injectable()
export class ConnectionHooks {
  /** @param sessions `null` unless sessions are live */
  constructor(
    @Inject(SubscribedPipeline) private readonly pipeline: SubscribedPipeline,
    @Inject(ConnectionScopes) private readonly scopes: ConnectionScopes,
    @Inject(LiveSessions) private readonly sessions: LiveSessions | null,
    @Inject(SOCKETIO_LOG) private readonly log: Log,
  ) {}

  /** @returns the names of the hooks that the gateway has, for the log */
  bind(gateway: GatewayInstance, { namespace, serial, opening }: Binding): Hook[] {
    const { instance, type } = gateway;
    const present = HOOKS.filter((name) => typeof (instance as Partial<HookedGateway>)[name] === 'function');
    for (const name of present) {
      const hook: BoundHook = { where: `${type.name}.${name}`, boundFor: this.#boundFor(gateway, name) };
      if (name === 'handleConnection') {
        namespace.on('connection', (client) => {
          const running = this.#connect(client, hook);
          opening?.add(client, running);
          return running;
        });
      } else {
        const leave: DisconnectHandler = (client, reason) =>
          this.scopes.keepUntil(client, this.#disconnect(client, reason, hook));
        // `true`: like handleConnection, it is called for every client of the namespaces that the gateway serves.
        namespace.onDisconnect(serial?.disconnect(leave) ?? leave, true);
      }
    }
    return present;
  }

  #boundFor(gateway: GatewayInstance, name: Hook): BoundHook['boundFor'] {
    return this.scopes.lookup(gateway, (bound, scope) => ({
      instance: bound.instance as HookedGateway,
      filters: this.pipeline.filters(bound, name, scope),
    }));
  }

  async #connect(client: Socket, { where, boundFor }: BoundHook): Promise<void> {
    const call = new SubscribedCall(client, ['handleConnection'], undefined, 'handleConnection');
    const { instance, filters } = boundFor(client);
    try {
      await this.#withSession(client, () => instance.handleConnection(client), 'required');
    } catch (error) {
      await this.#fail(error, call, where, filters);
      client.disconnect();
    }
  }

  /** Resolves when the hook has settled: until then the client keeps its rooms and data. */
  async #disconnect(client: Socket, reason: DisconnectReason, { where, boundFor }: BoundHook): Promise<void> {
    const call = new SubscribedCall(client, ['handleDisconnect', reason], undefined, 'handleDisconnect');
    const { instance, filters } = boundFor(client);
    try {
      await this.#withSession(client, () => instance.handleDisconnect(client, reason), 'optional');
    } catch (error) {
      await this.#fail(error, call, where, filters);
    }
  }

  #withSession(client: Socket, hook: () => unknown, use: SessionUse): unknown {
    return this.sessions === null ? hook() : this.sessions.within(client, hook, use);
  }

  async #fail(error: unknown, call: SubscribedCall, where: string, filters: ApplyFilters): Promise<void> {
    const result = await filters(error, call);
    if (result.caught) return;
    logFailure(result.error, call, where, this.log);
    emitException(result.error, call, where, this.log);
  }
}
