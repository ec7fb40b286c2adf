/** Binds the methods with Nest's `@SubscribeMessage`: once, for all clients of the namespace. */
import { Inject, Injectable } from '@nestjs/common';
import type { Log } from '../../engine/internal.js';
import { RESERVED_EVENTS } from '../../protocol/internal.js';
import type { Namespace } from '../../server/internal.js';
import { ConnectionScopes, type GatewayInstance, type Run } from '../connection-scope.js';
import { getSubscription, hasEnhancers, isGenerator, methodOf } from '../decorators/metadata.js';
import type { EnhancerKind } from '../enhancers/enhancer-kind.js';
import { Globals } from '../enhancers/globals.js';
import { HandlerPatches } from '../enhancers/handler-patches.js';
import { planSubscribed } from '../events/argument-plan.js';
import { RateLimits } from '../events/rate-limits.js';
import { type Binding, EventOwners } from '../gateways/event-owners.js';
import { messages } from '../messages.js';
import {
  type ErrorsOption,
  SOCKETIO_LOG,
  SOCKETIO_OPTIONS,
  type SocketIoModuleOptions,
  splitOptions,
} from '../module-options.js';
import { LiveSessions } from '../sessions/live-sessions.js';
import {
  DeferredSubscription,
  workingWithin,
  SubscribedEvent,
  Subscribers,
  type Subscription,
} from './subscribed-event.js';
import { SubscribedPipeline } from './subscribed-pipeline.js';

/** The kinds of global enhancers that apply to these methods. As in Nest, global filters do not. */
const GLOBAL_KINDS: readonly EnhancerKind[] = ['guards', 'interceptors', 'pipes'];

@Injectable()
export class Subscriptions {
  readonly #errors: ErrorsOption;
  readonly #subscribers = new Map<Namespace, Map<string, Subscribers>>();

  /** @param sessions `null` unless sessions are live */
  constructor(
    @Inject(SubscribedPipeline) private readonly pipeline: SubscribedPipeline,
    @Inject(Globals) private readonly globals: Globals,
    @Inject(ConnectionScopes) private readonly scopes: ConnectionScopes,
    @Inject(EventOwners) private readonly owners: EventOwners,
    @Inject(LiveSessions) private readonly sessions: LiveSessions | null,
    @Inject(RateLimits) private readonly limits: RateLimits,
    @Inject(HandlerPatches) private readonly patches: HandlerPatches,
    @Inject(SOCKETIO_OPTIONS) options: SocketIoModuleOptions,
    @Inject(SOCKETIO_LOG) private readonly log: Log,
  ) {
    this.#errors = splitOptions(options).errors;
  }

  /**
   * @param methods of the gateway's class
   * @returns the messages that were bound, in quotes, for the log
   * @throws SocketIoError `DUPLICATE_HANDLER`
   */
  bind(gateway: GatewayInstance, methods: readonly string[], binding: Binding): string[] {
    return methods
      .filter((method) => this.#bindMethod(gateway, method, binding))
      .map((method) => `"${String(subscriptionOf(gateway, method)?.message)}"`);
  }

  #bindMethod(gateway: GatewayInstance, method: string, { namespace, served, serial, opening }: Binding): boolean {
    const subscription = subscriptionOf(gateway, method);
    if (subscription === undefined) return false;
    const where = `${gateway.type.name}.${method}`;
    const event = eventOf(subscription.message);
    if (event === null) {
      this.log.warn(messages.unreachableMessage(where, subscription.message), { handler: where });
      return false;
    }
    const subscribed = new SubscribedEvent(this.#subscription(gateway, method, where), this.#errors, this.log);
    const handler =
      opening == null
        ? subscribed
        : new DeferredSubscription(subscribed, (client, _size, task) => opening.run(client, task));
    const isFirst = this.owners.claim(event, { namespace, served, where, shared: true });
    const subscribers = this.#subscribersOf(namespace, event);
    subscribers.add(
      serial === null
        ? handler
        : new DeferredSubscription(handler, (client, size, task) => serial.run(client, size, task)),
    );
    if (isFirst) namespace.bindEvent(event, subscribers.handle);
    return true;
  }

  #subscription(gateway: GatewayInstance, method: string, where: string): Subscription {
    const { type } = gateway;
    const plan = planSubscribed(type, method);
    const { takesAck, read, unfilled } = plan;
    if (unfilled !== undefined) this.log.warn(messages.valuelessParameter(where, unfilled), { handler: where });
    const callback = methodOf(type, method);
    if (isGenerator(callback)) this.log.warn(messages.subscribedGenerator(where), { handler: where });
    const isEnhanced = hasEnhancers(type) || hasEnhancers(callback);
    const isDirect = !isEnhanced && !this.globals.has(GLOBAL_KINDS);
    const limit = this.limits.of(type, method);
    return {
      where,
      takesAck,
      pattern: subscriptionOf(gateway, method)?.message,
      boundFor: this.scopes.lookup(gateway, (bound, scope) => {
        const { instance } = bound;
        const { called, around } = this.patches.of({ instance, method, callback });
        const filters = isEnhanced ? this.pipeline.filters(bound, method, scope) : null;
        const plain: Run =
          isDirect && read !== null
            ? (call) => called.apply(instance, read(call))
            : this.pipeline.wrap(bound, plan, scope, called);
        const run = around === null ? plain : around(workingWithin(plain, filters));
        return { run: limit(this.sessions === null ? run : this.sessions.around(run, 'required')), filters };
      }),
    };
  }

  #subscribersOf(namespace: Namespace, event: string): Subscribers {
    const ofNamespace = this.#subscribers.get(namespace) ?? new Map<string, Subscribers>();
    this.#subscribers.set(namespace, ofNamespace);
    const subscribers = ofNamespace.get(event) ?? new Subscribers();
    ofNamespace.set(event, subscribers);
    return subscribers;
  }
}

function subscriptionOf({ type }: GatewayInstance, method: string): { readonly message: unknown } | undefined {
  return getSubscription(methodOf(type, method));
}

/**
 * The name of the event as a client sends it. `null` if no client can send it, and for `'*'`, which means nothing to
 * Nest.
 */
function eventOf(message: unknown): string | null {
  if (typeof message !== 'string' && typeof message !== 'number') return null;
  const event = String(message);
  return event === '*' || RESERVED_EVENTS.has(event) ? null : event;
}
