/**
 * Binds what a gateway written for Nest declares: the methods of `@SubscribeMessage` and the hooks
 * `handleConnection` and `handleDisconnect`. They are bound once, for all clients of the namespace.
 */
import type { ApplicationConfig } from '@nestjs/core';
import type { Log } from '../engine/index.js';
import { RESERVED_EVENTS } from '../protocol/index.js';
import type { Namespace } from '../server/index.js';
import { planSubscribed } from './argument-plan.js';
import type { Call } from './call.js';
import { ConnectionHooks } from './connection-hooks.js';
import type { EventOwners } from './event-owners.js';
import type { GatewayInstance } from './handler-factory.js';
import { messages } from './messages.js';
import { getSubscription, hasEnhancers } from './metadata.js';
import type { ErrorsOption } from './module-options.js';
import { SubscribedEvent, Subscribers } from './subscribed-event.js';
import type { SubscribedPipeline } from './subscribed-pipeline.js';

type Method = (...args: unknown[]) => unknown;

export class Subscriptions {
  readonly #pipeline: SubscribedPipeline;
  readonly #config: ApplicationConfig;
  readonly #owners: EventOwners;
  readonly #errors: ErrorsOption;
  readonly #log: Log;
  readonly #subscribers = new Map<Namespace, Map<string, Subscribers>>();

  constructor(
    pipeline: SubscribedPipeline,
    config: ApplicationConfig,
    owners: EventOwners,
    errors: ErrorsOption,
    log: Log,
  ) {
    this.#pipeline = pipeline;
    this.#config = config;
    this.#owners = owners;
    this.#errors = errors;
    this.#log = log;
  }

  /**
   * @param methods of the gateway's class
   * @returns what was bound, for the log
   * @throws SocketIoError `DUPLICATE_HANDLER`
   */
  bind(gateway: GatewayInstance, methods: readonly string[], namespace: Namespace): string[] {
    const { type, instance, id } = gateway;
    const messagesBound = methods.filter((method) => this.#bindMethod(gateway, method, namespace));
    const filtersOf = (hook: string, where: string) => this.#pipeline.filters(instance, hook, id, where);
    const hooks = new ConnectionHooks(instance, type.name, filtersOf, this.#log).bind(namespace);
    return [...messagesBound.map((method) => `"${String(subscriptionOf(gateway, method)?.message)}"`), ...hooks];
  }

  #bindMethod(gateway: GatewayInstance, method: string, namespace: Namespace): boolean {
    const subscription = subscriptionOf(gateway, method);
    if (subscription === undefined) return false;
    const where = `${gateway.type.name}.${method}`;
    const event = eventOf(subscription.message);
    if (event === null) {
      this.#log.warn(messages.neverHeard(where, subscription.message));
      return false;
    }
    const handler = new SubscribedEvent(this.#subscription(gateway, method, where), this.#errors, this.#log);
    const first = this.#owners.claim(namespace, event, where, true);
    const subscribers = this.#subscribersOf(namespace, event);
    subscribers.add(handler);
    if (first) namespace.onEvent(event, subscribers.handle);
    return true;
  }

  #subscription(gateway: GatewayInstance, method: string, where: string) {
    const { type, instance, id } = gateway;
    const { decorated, takesAck, read, unfilled } = planSubscribed(type, method);
    if (unfilled !== undefined) this.#log.warn(messages.unfilledParameter(where, unfilled));
    const handler = (type.prototype as Record<string, Method>)[method] as Method;
    const enhanced = hasEnhancers(type) || hasEnhancers(handler);
    const direct = !enhanced && !this.#hasGlobalEnhancers() && read !== null;
    return {
      where,
      takesAck,
      pattern: subscriptionOf(gateway, method)?.message,
      run: direct
        ? (call: Call) => handler.apply(instance, read(call))
        : this.#pipeline.wrap(instance, method, id, decorated),
      filters: enhanced ? this.#pipeline.filters(instance, method, id, where) : null,
    };
  }

  #subscribersOf(namespace: Namespace, event: string): Subscribers {
    const byEvent = this.#subscribers.get(namespace) ?? new Map<string, Subscribers>();
    const subscribers = byEvent.get(event) ?? new Subscribers();
    this.#subscribers.set(namespace, byEvent.set(event, subscribers));
    return subscribers;
  }

  /** Filters are not among them: Nest applies no global ones to gateways. */
  #hasGlobalEnhancers(): boolean {
    const config = this.#config;
    return [config.getGlobalGuards(), config.getGlobalInterceptors(), config.getGlobalPipes()].some(
      (enhancers) => enhancers.length > 0,
    );
  }
}

function subscriptionOf({ type }: GatewayInstance, method: string): ReturnType<typeof getSubscription> {
  return getSubscription((type.prototype as Record<string, object>)[method] as object);
}

/** The event as it comes from a client; `null` for what no client can send, and for the catch-all, which Nest has not. */
function eventOf(message: unknown): string | null {
  if (typeof message !== 'string' && typeof message !== 'number') return null;
  const event = String(message);
  return event === '*' || RESERVED_EVENTS.has(event) ? null : event;
}
