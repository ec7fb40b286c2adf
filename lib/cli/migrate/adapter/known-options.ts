/** The options that an adapter passes to Socket.IO, and what becomes of each. */
import type ts from 'typescript';
import { innermost } from '../../source/assertions.js';
import type { Edit } from '../../source/edits.js';
import type { Source } from '../../source/source.js';

/** The options of Socket.IO that this package has as well. */
export const KEPT_OPTIONS: ReadonlySet<string> = new Set([
  'adapter',
  'allowRequest',
  'cleanupEmptyChildNamespaces',
  'connectTimeout',
  'connectionStateRecovery',
  'cookie',
  'cors',
  'destroyUpgrade',
  'destroyUpgradeTimeout',
  'initialPacket',
  'maxHttpBufferSize',
  'parser',
  'path',
  'perMessageDeflate',
  'pingInterval',
  'pingTimeout',
  'serveClient',
]);

/** Options that are dropped, with the decision that this leaves to a person, if any. */
const DROPPED: Readonly<Record<string, string | null>> = {
  addTrailingSlash: null, // both forms of the path are served
  allowUpgrades: null, // there is no long polling to upgrade from
  httpCompression: null, // of long polling
  transports: null, // WebSocket only; the list of clients says which start with polling
  upgradeTimeout: null,
  allowEIO3: 'allowEIO3 is gone: clients of Socket.IO 2 must be updated to 3 or later',
  wsEngine: 'wsEngine is gone: the server is built on ws',
  origins: 'origins is gone: write cors: { origin: [...] }',
  handlePreflightRequest: 'handlePreflightRequest is gone: write cors: { origin: [...] }',
};

export type OptionFate = { readonly keep: true } | { readonly keep: false; readonly decision: string | null };

export function fateOf(source: Source, property: ts.ObjectLiteralElementLike): OptionFate {
  if (property.name === undefined) return { keep: true }; // a spread
  return fateOfName(source.textOf(property.name).replaceAll(/['"]/g, ''), source.textOf(property));
}

/** @param text the whole property or assignment */
export function fateOfName(name: string, text: string): OptionFate {
  if (KEPT_OPTIONS.has(name)) return { keep: true };
  if (!Object.hasOwn(DROPPED, name)) {
    return { keep: false, decision: `the option ${name} is gone: "nest-socketio" has no option of this name` };
  }
  if (name === 'allowEIO3' && /[:=]\s*false$/.test(text)) return { keep: false, decision: null };
  return { keep: false, decision: DROPPED[name] ?? null };
}

/**
 * In Socket.IO, `cors` without `origin` allows all pages; here it allows none but those of the same host.
 * @returns the edit that writes the origin that was meant, if it is missing
 */
export function missingOrigin(source: Source, property: ts.ObjectLiteralElementLike): Edit | null {
  const { ts } = source;
  if (!ts.isPropertyAssignment(property) || source.textOf(property.name) !== 'cors') return null;
  const value = innermost(source, property.initializer);
  const origin = `origin: ${source.quoted('*')}`;
  const whole = { start: value.getStart(source.tree), end: value.end };
  if (value.kind === ts.SyntaxKind.TrueKeyword) return { ...whole, text: `{ ${origin} }` };
  if (!ts.isObjectLiteralExpression(value) || value.properties.some((one) => ts.isSpreadAssignment(one))) return null;
  const [first] = value.properties;
  if (first === undefined) return { ...whole, text: `{ ${origin} }` };
  if (value.properties.some((one) => source.textOf(one.name as ts.Node) === 'origin')) return null;
  const start = first.getStart(source.tree);
  return { start, end: start, text: `${origin}, ` };
}
