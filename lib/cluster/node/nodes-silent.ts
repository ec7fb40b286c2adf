import { SocketIoError } from '../../errors.js';

/**
 * Some servers of the cluster did not answer in time. `responses` has the answers of the others.
 * @publicApi
 */
export class NodesSilent extends SocketIoError {
  constructor(
    /** The names of the servers that did not answer, as `web-1:4711`. */
    readonly nodes: readonly string[],
    timeout: number,
    readonly responses: readonly unknown[],
  ) {
    super('NODES_SILENT', `no answer within ${timeout} ms from ${nodes.join(', ')}`);
    this.name = 'NodesSilent';
  }
}
