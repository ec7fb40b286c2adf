import type ts from 'typescript';
import type { Call, ParsedSource } from '../../source/parsed-source.js';
import { findPollingClients } from '../../source/polling-clients.js';
import type { Check, Finding } from '../check.js';

/** Clients that start with long polling, which the server answers with HTTP 400. */
export const clients: Check = function* ({ sources }): Iterable<Finding> {
  for (const { source, call, transports } of findPollingClients(sources)) {
    if (transports === 'unknown') continue;
    yield {
      level: isForeign(source, call.arguments?.[0]) ? 'hint' : 'problem',
      path: source.path,
      line: source.lineOf(call),
      message:
        transports === 'none'
          ? 'A client must connect over WebSocket, but without "transports" it starts with long polling, and gets HTTP 400.'
          : 'A client must connect over WebSocket, but "transports" names polling first, and it gets HTTP 400.',
      fix: transports === 'polling' ? "transports: ['websocket']" : fixFor(source, call),
    };
  }
};

/** Whether the address is that of another server, which may well serve long polling. */
function isForeign({ ts }: ParsedSource, address: ts.Expression | undefined): boolean {
  if (address === undefined || !ts.isStringLiteralLike(address)) return false;
  return /^(?:https?|wss?):\/\/(?!localhost\b|127\.|0\.0\.0\.0|\[::1\])/.test(address.text);
}

function fixFor(source: ParsedSource, call: Call): string {
  const constructor = source.ts.isNewExpression(call) ? 'new ' : '';
  const [first, ...more] = (call.arguments ?? []).map((argument) => source.textOf(argument));
  const isAddress = first !== undefined && !first.startsWith('{');
  const address = isAddress ? `${first}, ` : '';
  const others = more.length > 0 || (first !== undefined && !isAddress) ? ', ...' : '';
  return `${constructor}${source.textOf(call.expression)}(${address}{ transports: ['websocket']${others} })`;
}
