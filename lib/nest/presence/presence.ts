/**
 * The injected presence: who is in the rooms of a namespace, in any provider, controller or job. It holds the name of a
 * namespace, and works in a process without clients, too, if that has the option `broker`.
 */
import { Inject, type InjectionToken } from '@nestjs/common';
import { Observable } from 'rxjs';
import type { EmitterTarget } from '../../cluster/internal.js';
import { SocketIoError } from '../../errors.js';
import {
  type MetaUpdate,
  namespacePath,
  type NamespacePresence,
  type PresenceDiff,
  type PresentUser,
  type PresentUserDetails,
  Server,
  type TrackableClient,
  type TrackOptions,
} from '../../server/internal.js';
import { namespaceToken } from '../broadcaster/namespace-token.js';
import { requestedPresences } from '../broadcaster/requested-namespaces.js';
import { messages } from '../messages.js';

/**
 * Knows the users in the rooms of a namespace. Injected by `@InjectPresence('/chat')`.
 * @publicApi
 */
// oxlint-disable-next-line typescript/no-explicit-any -- as `data`: the application defines what it holds
export class Presence<Meta = any> {
  readonly #target: EmitterTarget;
  /** The name of the namespace. */
  readonly namespace: string;

  /** @param target the application's `Server`, or the emitter of a process without a server */
  constructor(target: EmitterTarget, namespace = '/') {
    this.#target = target;
    this.namespace = namespacePath(namespace);
    if (target instanceof Server) target.presences.of(this.namespace); // follows clients from the first one on
  }

  /** The presence of another namespace. It is on from then on, so the name must not be one that clients choose. */
  of<M = Meta>(namespace: string): Presence<M> {
    return new Presence<M>(this.#target, namespace);
  }

  /**
   * Makes the user of a client present in the rooms that the client is in, and in those that it joins. If the client is
   * tracked already, its user and `meta` are replaced. Has no effect once the client is disconnected.
   * @throws SocketIoError `INVALID_ARGUMENT` for a client of another namespace or server, and without a user;
   *   `META_TOO_LARGE` above `presence.metaBytes`, `VALUE_TOO_DEEP`
   */
  track(client: TrackableClient, options: TrackOptions<Meta> = {}): void {
    this.#presence.track(client, options);
  }

  /** Ends the effect of {@link track}: its user leaves the rooms in which it has no other client. */
  untrack(client: TrackableClient): void {
    this.#presence.untrack(client);
  }

  /**
   * Replaces the `meta` of a client, and so that of its user. Has no effect once the client is disconnected.
   * @param meta or a function that returns it, and is called with the one that the client has
   * @throws SocketIoError `INVALID_ARGUMENT` if the client is not tracked; `META_TOO_LARGE`, `VALUE_TOO_DEEP`
   */
  update(client: TrackableClient, meta: MetaUpdate<Meta>): void {
    this.#presence.update(client, meta);
  }

  /** The users in a room. */
  list(room: string): PresentUser<Meta>[] {
    return this.#presence.list(room);
  }

  /** The number of users in a room. */
  count(room: string): number {
    return this.#presence.count(room);
  }

  /** The devices and rooms of a user; `null` if it is not present. */
  user(id: string | number): PresentUserDetails<Meta> | null {
    return this.#presence.user(id);
  }

  /** The changes of a room, at most one diff per `presence.interval`, from the moment of the subscription on. */
  watch(room: string): Observable<PresenceDiff<Meta>> {
    return new Observable((subscriber) => this.#presence.watch(room, (diff) => subscriber.next(diff)));
  }

  /**
   * The changes of the users of the namespace, at most one diff per `presence.interval`, from the moment of the
   * subscription on. A user joins when the first of its clients is tracked, and leaves when the last one is gone, after
   * its grace. Each server of a cluster reports all users.
   */
  watchUsers(): Observable<PresenceDiff<Meta>> {
    return new Observable((subscriber) => this.#presence.watchUsers((diff) => subscriber.next(diff)));
  }

  /** @throws SocketIoError `EMIT_ONLY` in a process with a published emitter */
  get #presence(): NamespacePresence<Meta> {
    if (this.#target instanceof Server) return this.#target.presences.of(this.namespace);
    throw new SocketIoError('EMIT_ONLY', messages.presenceWithoutBroker());
  }
}

/**
 * The injection token of a namespace's presence, for `overrideProvider` and `app.get`.
 * @publicApi
 */
export function getPresenceToken(namespace = '/'): InjectionToken<Presence> {
  return namespaceToken('Presence', namespacePath(namespace));
}

/**
 * Injects the presence of a namespace, which is on from then on. A module that is loaded later must import
 * `SocketIoModule.forFeature(namespace)`.
 * @throws SocketIoError `INVALID_ARGUMENT` for a pattern
 * @publicApi
 */
export function InjectPresence(namespace = '/'): ParameterDecorator & PropertyDecorator {
  requestedPresences.request(namespace, messages.patternPresence);
  return Inject(getPresenceToken(namespace));
}
