/** Which methods handle an event of a namespace: one, unless all of them are Nest's `@SubscribeMessage`, which share it. */
import { SocketIoError } from '../errors.js';
import type { Namespace } from '../server/index.js';
import { messages } from './messages.js';

interface Owner {
  readonly where: string;
  readonly shares: boolean;
}

export class EventOwners {
  readonly #owners = new Map<Namespace, Map<string, Owner>>();

  /**
   * @param shares whether others may handle it too, if they share likewise
   * @returns whether it is the first
   * @throws SocketIoError `DUPLICATE_HANDLER`
   */
  claim(namespace: Namespace, event: string, where: string, shares: boolean): boolean {
    const owners = this.#owners.get(namespace) ?? new Map<string, Owner>();
    this.#owners.set(namespace, owners);
    const owner = owners.get(event);
    if (owner !== undefined && !(owner.shares && shares)) {
      throw new SocketIoError(
        'DUPLICATE_HANDLER',
        messages.duplicateHandler(event, namespace.name, owner.where, where),
      );
    }
    if (owner === undefined) owners.set(event, { where, shares });
    return owner === undefined;
  }
}
