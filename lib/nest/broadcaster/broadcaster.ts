/**
 * The injected emitter: starts a chain such as `to('room').emit('news')` in any provider, controller or job. It holds
 * the name of a namespace and looks the namespace up for each use. It reaches the clients that are connected at that
 * time, and does not open the namespace to clients.
 */
import { Inject, type InjectionToken, type Type } from '@nestjs/common';
import type { EmitterTarget } from '../../cluster/internal.js';
import type { ReasonGiven } from '../../engine/internal.js';
import {
  type Audience,
  Broadcasting,
  type DefaultEventsMap,
  type EventsMap,
  namespacePath,
} from '../../server/internal.js';
import { messages } from '../messages.js';
import { namespaceToken } from './namespace-token.js';
import { requestedBroadcasters } from './requested-namespaces.js';

/**
 * Sends to the clients of a namespace. Injected by its class, it sends to the clients of `/`.
 * @publicApi
 */
export class Broadcaster<Emit extends EventsMap = DefaultEventsMap, Data = unknown> extends Broadcasting<Emit, Data> {
  readonly #target: EmitterTarget;
  /** The name of the namespace to whose clients it sends. */
  readonly namespace: string;

  /** @param target the application's `Server`, or the emitter of a process without a server */
  constructor(target: EmitterTarget, namespace = '/') {
    super();
    this.#target = target;
    this.namespace = namespacePath(namespace);
  }

  /** The broadcaster of another namespace. */
  of<E extends EventsMap = DefaultEventsMap, D = unknown>(namespace: string): Broadcaster<E, D> {
    return new Broadcaster<E, D>(this.#target, namespace);
  }

  /**
   * Calls the listeners of `event` on this namespace of the other servers of a cluster.
   * Source: Socket.IO, `serverSideEmit`.
   */
  serverSideEmit(event: string, ...args: unknown[]): true {
    return this.#target.reach(this.namespace).serverSideEmit(event, ...args);
  }

  /**
   * Ends all connections of a user, in all namespaces, whatever the namespace of this broadcaster: after a logout, or
   * when its access is revoked. With the option `broker`, on all servers. See `Server.disconnectUser`.
   * @returns the number of sockets of the user that were disconnected on this server
   * @throws SocketIoError `EMIT_ONLY` in a process with a published emitter
   */
  disconnectUser(userId: string | number, reason?: ReasonGiven): number {
    return this.#target.disconnectUser(userId, reason);
  }

  protected get audience(): Audience {
    return this.#target.reach(this.namespace);
  }
}

/**
 * The injection token of a namespace's broadcaster, for `overrideProvider` and `app.get`.
 * @publicApi
 */
export function getBroadcasterToken(namespace = '/'): InjectionToken<Broadcaster> {
  const path = namespacePath(namespace);
  return path === '/' ? Broadcaster : namespaceToken('Broadcaster', path);
}

/**
 * Injects the broadcaster of a namespace. A module that is loaded later must import
 * `SocketIoModule.forFeature(namespace)`.
 * @throws SocketIoError `INVALID_ARGUMENT` for a pattern
 * @publicApi
 */
export function InjectBroadcaster(namespace = '/'): ParameterDecorator & PropertyDecorator {
  requestedBroadcasters.request(namespace, (pattern) => messages.patternInjected('Broadcaster', pattern));
  return Inject(getBroadcasterToken(namespace));
}

/**
 * Whether a constructor parameter of the class injects a Broadcaster by its type alone, and so that of `/`. In a
 * gateway of another namespace this is probably a mistake; `@InjectBroadcaster('/')` or `@Inject(Broadcaster)` make the
 * intention clear.
 */
export function injectsPlainBroadcaster(type: Type): boolean {
  const types = (Reflect.getMetadata('design:paramtypes', type) ?? []) as readonly unknown[];
  const declared = (Reflect.getMetadata('self:paramtypes', type) ?? []) as readonly { readonly index: number }[];
  return types.some((param, index) => param === Broadcaster && !declared.some((other) => other.index === index));
}
