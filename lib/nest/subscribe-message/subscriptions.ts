/**
 * Binds what a gateway written for Nest declares: the methods of `@SubscribeMessage` and the hooks
 * `handleConnection` and `handleDisconnect`. They are bound once, for all clients of the namespace.
 */
import type { Log } from '../../engine/index.js';
import { RESERVED_EVENTS } from '../../protocol/index.js';
import type { Namespace } from '../../server/index.js';
import { planSubscribed } from '../events/argument-plan.js';
import type { Call } from '../call.js';
import { ConnectionHooks } from './connection-hooks.js';
import type { ConnectionScopes } from '../connection-scope.js';
import type { EventOwners, ServedNamespace } from '../gateways/event-owners.js';
import type { EnhancerKind, Globals } from '../enhancers/globals.js';
import type { GatewayInstance } from '../gateways/handler-factory.js';
import type { LiveSessions } from '../sessions/live-sessions.js';
import { messages } from '../messages.js';
import { getSubscription, hasEnhancers, methodOf } from '../decorators/metadata.js';
import type { ErrorsOption } from '../module-options.js';
import type { SerialEvents } from '../events/serial-events.js';
import { SerialSubscription, SubscribedEvent, Subscribers, type Subscription } from './subscribed-event.js';
import type { SubscribedPipeline } from './subscribed-pipeline.js';

/** What stands round a method. Filters are not among them: Nest applies no global ones to gateways. */
const GLOBAL_KINDS: readonly EnhancerKind[] = ['guards', 'interceptors', 'pipes'];

/** Where the handlers of a gateway stand, and whether the events of a client come one after the other. */
export interface Ground extends ServedNamespace {
  readonly serial: SerialEvents | null;
}

interface Parts {
  readonly pipeline: SubscribedPipeline;
  readonly globals: Globals;
  readonly scopes: ConnectionScopes;
  readonly owners: EventOwners;
  readonly errors: ErrorsOption;
  /** There where handlers have theirs as it is now. */
  readonly sessions: LiveSessions | null;
  readonly log: Log;
}

export class Subscriptions {
  readonly #parts: Parts;
  readonly #subscribers = new Map<Namespace, Map<string, Subscribers>>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * @param methods of the gateway's class
   * @returns what was bound, for the log
   * @throws SocketIoError `DUPLICATE_HANDLER`
   */
  bind(gateway: GatewayInstance, methods: readonly string[], ground: Ground): string[] {
    const { pipeline, scopes, sessions, log } = this.#parts;
    const messagesBound = methods.filter((method) => this.#bindMethod(gateway, method, ground));
    const hooks = new ConnectionHooks(gateway, pipeline, scopes, log, sessions).bind(ground.namespace, ground.serial);
    return [...messagesBound.map((method) => `"${String(subscriptionOf(gateway, method)?.message)}"`), ...hooks];
  }

  #bindMethod(gateway: GatewayInstance, method: string, ground: Ground): boolean {
    const subscription = subscriptionOf(gateway, method);
    if (subscription === undefined) return false;
    const { owners, errors, log } = this.#parts;
    const where = `${gateway.type.name}.${method}`;
    const event = eventOf(subscription.message);
    if (event === null) {
      log.warn(messages.neverHeard(where, subscription.message));
      return false;
    }
    const handler = new SubscribedEvent(this.#subscription(gateway, method, where), errors, log);
    const first = owners.claim(event, ground, where, true);
    const subscribers = this.#subscribersOf(ground.namespace, event);
    subscribers.add(ground.serial === null ? handler : new SerialSubscription(handler, ground.serial));
    if (first) ground.namespace.onEvent(event, subscribers.handle);
    return true;
  }

  #subscription(gateway: GatewayInstance, method: string, where: string): Subscription {
    const { pipeline, globals, scopes, sessions, log } = this.#parts;
    const { type, id, resolve } = gateway;
    const { decorated, takesAck, read, unfilled } = planSubscribed(type, method);
    if (unfilled !== undefined) log.warn(messages.unfilledParameter(where, unfilled));
    const handler = methodOf(type, method);
    const enhanced = hasEnhancers(type) || hasEnhancers(handler);
    const direct = !enhanced && !globals.has(GLOBAL_KINDS);
    const own = resolve !== undefined;
    return {
      where,
      takesAck,
      pattern: subscriptionOf(gateway, method)?.message,
      boundFor: scopes.lookup(gateway, (instance, scope) => {
        const run =
          direct && read !== null
            ? (call: Call) => handler.apply(instance, read(call))
            : pipeline.wrap(instance, method, id, decorated, scope, own);
        return {
          run: sessions === null ? run : sessions.around(run),
          filters: enhanced ? pipeline.filters(instance, method, id, own ? scope : undefined) : null,
        };
      }),
    };
  }

  #subscribersOf(namespace: Namespace, event: string): Subscribers {
    const byEvent = this.#subscribers.get(namespace) ?? new Map<string, Subscribers>();
    const subscribers = byEvent.get(event) ?? new Subscribers();
    this.#subscribers.set(namespace, byEvent.set(event, subscribers));
    return subscribers;
  }
}

function subscriptionOf({ type }: GatewayInstance, method: string): ReturnType<typeof getSubscription> {
  return getSubscription(methodOf(type, method));
}

/** The event as it comes from a client; `null` for what no client can send, and for the catch-all, which Nest has not. */
function eventOf(message: unknown): string | null {
  if (typeof message !== 'string' && typeof message !== 'number') return null;
  const event = String(message);
  return event === '*' || RESERVED_EVENTS.has(event) ? null : event;
}
