/**
 * The methods that handle each event of a namespace: one per event, unless all of them have Nest's
 * `@SubscribeMessage`, which may share an event. A second method is refused with an error that names both.
 */
import { Injectable } from '@nestjs/common';
import { SocketIoError } from '../../errors.js';
import type { Namespace } from '../../server/internal.js';
import type { OpeningClients } from '../events/opening-clients.js';
import type { SerialEvents } from '../events/serial-events.js';
import { messages } from '../messages.js';
import { type GatewayNamespace, overlap } from './gateway-namespace.js';

/** The namespace to which the handlers of a gateway are bound. */
export interface Binding {
  readonly namespace: Namespace;
  /** The name or the rule that the gateway declares. */
  readonly served: GatewayNamespace;
  /** Set if the events of a client are handled one after the other. */
  readonly serial: SerialEvents | null;
  /** Set if the events of a client wait for `handleConnection`. */
  readonly opening?: OpeningClients | null;
}

/** A method that handles an event. */
export interface EventOwner extends Pick<Binding, 'namespace' | 'served'> {
  /** Class and method, for messages. */
  readonly where: string;
  /** Whether the event may have other handlers, provided that they are shared as well. */
  readonly shared: boolean;
}

@Injectable()
export class EventOwners {
  readonly #owners = new Map<string, EventOwner[]>();

  /**
   * @returns whether the method is the first to handle the event
   * @throws SocketIoError `DUPLICATE_HANDLER` if another method is known to handle the event
   */
  claim(event: string, owner: EventOwner): boolean {
    const owners = this.#owners.get(event) ?? [];
    const first = owners.find((known) => conflict(known, owner));
    if (first === undefined) {
      this.#owners.set(event, [...owners, owner]);
      return true;
    }
    if (first.shared && owner.shared && first.namespace === owner.namespace) return false;
    throw new SocketIoError(
      'DUPLICATE_HANDLER',
      messages.duplicateHandler(event, nameOfBoth(first.served, owner.served), first.where, owner.where),
    );
  }
}

function conflict(one: EventOwner, other: EventOwner): boolean {
  return one.namespace.server === other.namespace.server && overlap(one.served, other.served);
}

function nameOfBoth(one: GatewayNamespace, other: GatewayNamespace): string {
  if (one.namespace === other.namespace) return one.namespace;
  return `${one.namespace} and ${other.namespace}, which serve the same names,`;
}
