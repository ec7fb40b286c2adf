/**
 * The injected emitter: the beginning of a chain, in any provider, controller or job, at any time after
 * its construction. It holds a namespace's name and looks the namespace up when it is used: it sends to
 * whoever is there, but opens no namespace to clients.
 */
import { Inject, type InjectionToken } from '@nestjs/common';
import type { Outlet } from '../../cluster/index.js';
import {
  type Audience,
  Broadcasting,
  type DefaultEventsMap,
  type EventsMap,
  namespacePath,
} from '../../server/index.js';
import { SocketIoError } from '../../errors.js';
import { messages } from '../messages.js';
import { isSegmentPattern } from '../gateways/namespace-pattern.js';
import { noteBroadcaster } from '../tokens.js';

/** Sends to the clients of a namespace; injected by its class, it is that of `/`. */
export class Broadcaster<Emit extends EventsMap = DefaultEventsMap, Data = unknown> extends Broadcasting<Emit, Data> {
  readonly #outlet: Outlet;
  /** Whose clients it sends to. */
  readonly namespace: string;

  /** @param outlet the application's `Server`, or the way out of a process without one */
  constructor(outlet: Outlet, namespace = '/') {
    super();
    this.#outlet = outlet;
    this.namespace = namespacePath(namespace);
  }

  /** The broadcaster of another namespace. */
  of<E extends EventsMap = DefaultEventsMap, D = unknown>(namespace: string): Broadcaster<E, D> {
    return new Broadcaster<E, D>(this.#outlet, namespace);
  }

  /**
   * Calls the listeners of `event` on this namespace of the other servers of a cluster.
   * Source: Socket.IO, `serverSideEmit`.
   */
  serverSideEmit(event: string, ...args: unknown[]): true {
    return this.#outlet.reach(this.namespace).serverSideEmit(event, ...args);
  }

  protected get audience(): Audience {
    return this.#outlet.reach(this.namespace);
  }
}

/** The token of a namespace's broadcaster: for `overrideProvider` and `app.get`. */
export function getBroadcasterToken(namespace = '/'): InjectionToken<Broadcaster> {
  const path = namespacePath(namespace);
  // Nest's error names the token where nobody provides it.
  const provided = `SocketIoModule.forRoot() provides it; in a module that is loaded later, forFeature('${path}')`;
  return path === '/' ? Broadcaster : `nest-socketio: the Broadcaster of ${path} (${provided})`;
}

/**
 * Injects the broadcaster of a namespace. A module that is loaded later needs `SocketIoModule.forFeature(namespace)`.
 * @throws SocketIoError `INVALID_ARGUMENT` for a pattern
 */
export function InjectBroadcaster(namespace = '/'): ParameterDecorator & PropertyDecorator {
  if (isSegmentPattern(namespacePath(namespace))) {
    throw new SocketIoError('INVALID_ARGUMENT', messages.patternBroadcaster(namespace));
  }
  noteBroadcaster(namespace);
  return Inject(getBroadcasterToken(namespace));
}
