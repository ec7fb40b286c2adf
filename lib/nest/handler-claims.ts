/** Which method handles an event of a namespace: there is one, and whoever comes second is told of the first. */
import { SocketIoError } from '../errors.js';
import { type GatewayNamespace, overlap } from './gateway-namespace.js';
import { messages } from './messages.js';

interface Claim {
  readonly gateway: GatewayNamespace;
  readonly where: string;
}

export class HandlerClaims {
  readonly #claims = new Map<string, Claim[]>();

  /**
   * @param where class and method
   * @throws SocketIoError `DUPLICATE_HANDLER` when another method handles the event, as far as that can be known now
   */
  claim(event: string, gateway: GatewayNamespace, where: string): void {
    const claims = this.#claims.get(event) ?? [];
    const owner = claims.find((claim) => overlap(claim.gateway, gateway));
    if (owner !== undefined) {
      const nsp =
        owner.gateway.namespace === gateway.namespace
          ? gateway.namespace
          : `${owner.gateway.namespace} and ${gateway.namespace}, which serve the same names,`;
      throw new SocketIoError('DUPLICATE_HANDLER', messages.duplicateHandler(event, nsp, owner.where, where));
    }
    this.#claims.set(event, [...claims, { gateway, where }]);
  }
}
