/**
 * Which methods handle an event of a namespace: one, unless all of them are Nest's `@SubscribeMessage`, which
 * share it. Whoever comes second is told of the first.
 */
import { SocketIoError } from '../../errors.js';
import type { Namespace } from '../../server/index.js';
import { type GatewayNamespace, overlap } from './gateway-namespace.js';
import { messages } from '../messages.js';

/** Where a gateway's handlers stand, and what it says of its namespace. */
export interface ServedNamespace {
  readonly namespace: Namespace;
  readonly served: GatewayNamespace;
}

interface Claim extends ServedNamespace {
  readonly where: string;
  readonly shares: boolean;
}

export class EventOwners {
  readonly #claims = new Map<string, Claim[]>();

  /**
   * @param where class and method
   * @param shares whether others may handle it too, if they share likewise
   * @returns whether it is the first
   * @throws SocketIoError `DUPLICATE_HANDLER` when another method handles the event, as far as that can be known now
   */
  claim(event: string, { namespace, served }: ServedNamespace, where: string, shares: boolean): boolean {
    const claims = this.#claims.get(event) ?? [];
    const owner = claims.find((claim) => meet(claim, namespace, served));
    if (owner === undefined) {
      this.#claims.set(event, [...claims, { namespace, served, where, shares }]);
      return true;
    }
    if (owner.shares && shares && owner.namespace === namespace) return false;
    throw new SocketIoError(
      'DUPLICATE_HANDLER',
      messages.duplicateHandler(event, placeOf(owner.served, served), owner.where, where),
    );
  }
}

function meet(claim: Claim, namespace: Namespace, served: GatewayNamespace): boolean {
  return claim.namespace.server === namespace.server && overlap(claim.served, served);
}

function placeOf(one: GatewayNamespace, other: GatewayNamespace): string {
  if (one.namespace === other.namespace) return one.namespace;
  return `${one.namespace} and ${other.namespace}, which serve the same names,`;
}
