/** The subject of a log line, as fields that log stores can search. */
import { quote } from '../errors.js';
import { openTelemetry } from './open-telemetry.js';

/**
 * The fields of a log line. Each line has those that are known where it is written. Values may be text of a client: a
 * logger must escape them, as JSON does.
 * @publicApi
 */
export type LogFields = {
  /** The id of the client's socket in its namespace: `client.id` in handlers. */
  readonly client?: string | undefined;
  /** The id of the client's connection, which its sockets in all namespaces share. */
  readonly connection?: string | undefined;
  /** The id of the client's user: `client.userId` in handlers. */
  readonly user?: string | undefined;
  /** The address of the client; behind a trusted proxy, not that of the proxy. */
  readonly address?: string | undefined;
  readonly namespace?: string | undefined;
  readonly event?: string | undefined;
  /** Class and method of a handler, or the name of a middleware. */
  readonly handler?: string | undefined;
  /** One of a fixed set: why a client was refused, or why it left. */
  readonly reason?: string | undefined;
  /** The name of the limit that was reached. */
  readonly limit?: string | undefined;
  /** The name of another server of the cluster. */
  readonly node?: string | undefined;
  /** The id that the client got with the error `internal`. */
  readonly errorId?: string | undefined;
  /** How long the client was there, in ms. */
  readonly duration?: number | undefined;
  /** The trace that was active, of warnings and errors. */
  readonly traceId?: string | undefined;
  readonly spanId?: string | undefined;
};

/** Has fields for log lines that are about it, such as a connection. They are read only for a line that is written. */
export interface Loggable {
  readonly logFields: LogFields;
}

/** Fields that may be a short text or number, which another part of a line contains by chance. */
const SHORT: ReadonlySet<string> = new Set<keyof LogFields>(['user', 'duration']);

/** Returns the fields that have a value, or `undefined` if none has. */
export function definedFields(fields: LogFields): LogFields | undefined {
  const defined = Object.entries(fields).filter(([, value]) => value !== undefined);
  return defined.length === 0 ? undefined : Object.fromEntries(defined);
}

/** Adds the ids of the active span, if the application uses OpenTelemetry. */
export function withTrace(fields: LogFields | undefined): LogFields | undefined {
  const api = openTelemetry();
  const context = api?.trace.getActiveSpan()?.spanContext();
  if (context === undefined || api?.isSpanContextValid(context) !== true) return fields;
  return { ...fields, traceId: context.traceId, spanId: context.spanId };
}

/** Returns the fields that a readable line needs in addition to its text, or `undefined` if it needs none. */
export function unmentioned(message: string, fields: LogFields): LogFields | undefined {
  const isNew = ([name, value]: [string, unknown]): boolean => SHORT.has(name) || !message.includes(String(value));
  return definedFields(Object.fromEntries(Object.entries(fields).filter(isNew)));
}

/** Returns a message with its fields as text: `it failed (client=Zx1 user="a b")`. */
export function inlined(message: string, fields: LogFields | undefined): string {
  const left = fields === undefined ? undefined : unmentioned(message, fields);
  if (left === undefined) return message;
  const pairs = Object.entries(left).map(([name, value]) => `${name}=${plain(String(value))}`);
  return `${message} (${pairs.join(' ')})`;
}

function plain(value: string): string {
  return /^[\w./:@-]{1,200}$/.test(value) ? value : quote(value);
}
