/** Options of this package in the code of an application. */
import type { Sources } from '../source/sources.js';

/** Whether code that uses this package sets an option of that name somewhere. */
export function setsOption(sources: Sources, name: string): boolean {
  const files = new Set([...sources.withCode('nest-socketio'), ...sources.withCode('WebSocketGateway')]);
  return [...files].some((source) =>
    source.nodes.some(
      (node) =>
        source.ts.isObjectLiteralElementLike(node) && node.name !== undefined && source.textOf(node.name) === name,
    ),
  );
}
