/**
 * The injected history of a namespace: what was sent to its rooms. It holds the name of the namespace and looks the
 * namespace up for each call.
 */
import { Inject, type InjectionToken } from '@nestjs/common';
import type { EmitterTarget } from '../../cluster/internal.js';
import { SocketIoError } from '../../errors.js';
import { type NamespaceHistory, namespacePath, type PastEvent, type ReadOptions } from '../../server/internal.js';
import { requestedBroadcasters } from '../broadcaster/requested-namespaces.js';
import { messages } from '../messages.js';
import { namespaceToken } from '../broadcaster/namespace-token.js';

/**
 * The history of the rooms of a namespace, see the option `history`. Injected by its class, it is that of `/`.
 * @publicApi
 */
export class History {
  readonly #target: EmitterTarget;
  /** The name of the namespace. */
  readonly namespace: string;

  /** @param target the application's `Server`, or the emitter of a process without a server */
  constructor(target: EmitterTarget, namespace = '/') {
    this.#target = target;
    this.namespace = namespacePath(namespace);
  }

  /** The history of another namespace. */
  of(namespace: string): History {
    return new History(this.#target, namespace);
  }

  /**
   * Returns the events that were sent to a room, in order.
   * @throws SocketIoError `INVALID_ARGUMENT`, `UNKNOWN_OPTION`; `INVALID_OPTION` if the option `history` does not name the
   *   namespace; `EMIT_ONLY` in a process with a published emitter
   */
  async read(room: string, options?: ReadOptions): Promise<PastEvent[]> {
    return this.#rooms.read(room, options);
  }

  /**
   * Forgets the events of a room, on all servers.
   * @throws SocketIoError as {@link read}; `ADAPTER_FAILED` if the broker does not answer
   */
  async clear(room: string): Promise<void> {
    return this.#rooms.clear(room);
  }

  get #rooms(): NamespaceHistory {
    const { history } = this.#target.reach(this.namespace);
    if (history === undefined) throw new SocketIoError('EMIT_ONLY', messages.historyWithoutServer());
    if (history === null) throw new SocketIoError('INVALID_OPTION', messages.noHistory(this.namespace));
    return history;
  }
}

/**
 * The injection token of a namespace's history, for `overrideProvider` and `app.get`.
 * @publicApi
 */
export function getHistoryToken(namespace = '/'): InjectionToken<History> {
  const path = namespacePath(namespace);
  return path === '/' ? History : namespaceToken('History', path);
}

/**
 * Injects the history of a namespace. A module that is loaded later must import
 * `SocketIoModule.forFeature(namespace)`.
 * @throws SocketIoError `INVALID_ARGUMENT` for a pattern
 * @publicApi
 */
export function InjectHistory(namespace = '/'): ParameterDecorator & PropertyDecorator {
  requestedBroadcasters.request(namespace, (pattern) => messages.patternInjected('History', pattern));
  return Inject(getHistoryToken(namespace));
}
