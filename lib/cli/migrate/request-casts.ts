/** Type assertions on the request of a socket, which is not the whole request here. */
import type { Source } from '../source/source.js';

/** `socket.request as Request` becomes `socket.request as unknown as Request`: the types have too little in common. */
export function castRequests(source: Source): void {
  const { ts, edits } = source;
  for (const { expression, type } of source.find(ts.isAsExpression)) {
    const isRequest = ts.isPropertyAccessExpression(expression) && expression.name.text === 'request';
    const isFree = type.kind === ts.SyntaxKind.AnyKeyword || type.kind === ts.SyntaxKind.UnknownKeyword;
    if (isRequest && !isFree) edits.insert(expression.end, ' as unknown');
  }
}
