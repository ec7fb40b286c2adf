/**
 * Decodes and checks messages of Flask-SocketIO's queue.
 *
 * Source: python-socketio 5.16, `PubSubManager`. Since 5.15.1, `data` is always the list of arguments. Before 5.14,
 * messages were pickled. Pickled messages are never read: they could run any program that their publisher likes.
 */
import { quote } from '../../errors.js';
import { attach, findSlots, RESERVED_EVENTS } from '../../protocol/index.js';
import type { CallbackReference, EmitMessage, QueueMessage } from './queue-message.js';

export interface ReceivedMessage {
  /** The sender's id; `null` if the message has none. */
  readonly hostId: string | null;
  readonly message: QueueMessage;
}

/** The reason why a message cannot be read. */
export class UnreadableMessage extends Error {
  constructor(
    readonly kind: 'pickle' | 'malformed',
    reason: string,
  ) {
    super(reason);
  }
}

/**
 * @returns `null` for an unknown method, which a later version of the protocol may have added
 * @throws Unreadable
 */
export function readMessage(text: string): ReceivedMessage | null {
  if (text.startsWith('\uFFFD')) {
    throw new UnreadableMessage(
      'pickle',
      'it is pickled, and pickled messages are never read: update python-socketio of its sender to 5.14 or later',
    );
  }
  const fields = parse(text);
  const message = toMessage(fields);
  return message === null
    ? null
    : { hostId: typeof fields['host_id'] === 'string' ? fields['host_id'] : null, message };
}

type Fields = Readonly<Record<string, unknown>>;

function parse(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed(`${quote(text)} is not JSON`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw malformed(`${quote(text)} is not a JSON object`);
  return value as Fields;
}

function toMessage(fields: Fields): QueueMessage | null {
  const method = text(fields, 'method');
  switch (method) {
    case 'emit':
      return toEmit(fields);
    case 'callback':
      return {
        method,
        namespace: text(fields, 'namespace'),
        sid: text(fields, 'sid'),
        id: number(fields['id'], '"id"'),
        args: list(fields, 'args'),
      };
    case 'disconnect':
      return { method, namespace: text(fields, 'namespace'), sid: text(fields, 'sid') };
    case 'enter_room':
    case 'leave_room':
      return { method, namespace: text(fields, 'namespace'), sid: text(fields, 'sid'), room: text(fields, 'room') };
    case 'close_room':
      return { method, namespace: text(fields, 'namespace'), room: text(fields, 'room') };
    default:
      return null;
  }
}

function toEmit(fields: Fields): EmitMessage {
  const event = text(fields, 'event');
  if (RESERVED_EVENTS.has(event)) throw malformed(`the event "${event}" is reserved by the protocol`);
  return {
    method: 'emit',
    namespace: text(fields, 'namespace'),
    event,
    args: toArguments(fields),
    rooms: names(fields, 'room'),
    skipped: names(fields, 'skip_sid') ?? [],
    callback: toReference(fields['callback']),
  };
}

function toArguments(fields: Fields): readonly unknown[] {
  const { data, binary } = fields;
  if (data === undefined) throw malformed('"data" is missing');
  if (binary !== true) return spread(data);
  const [value, ...encoded] = list(fields, 'data');
  const args = spread(value);
  const parts = encoded.map((part) => Buffer.from(string(part, 'a part of "data"'), 'base64'));
  try {
    attach(findSlots(args, parts.length), parts);
  } catch (error) {
    throw malformed((error as Error).message);
  }
  return args;
}

/** Before 5.15.1, a single argument is not wrapped in a list. */
function spread(data: unknown): unknown[] {
  if (data === null || data === undefined) return [];
  return Array.isArray(data) ? data : [data];
}

function toReference(value: unknown): CallbackReference | null {
  if (value === undefined || value === null) return null;
  if (!Array.isArray(value) || value.length !== 3) throw malformed('"callback" must be an array of three');
  const [room, namespace, id] = value as unknown[];
  return {
    room: string(room, 'the room of "callback"'),
    namespace: string(namespace, 'the namespace of "callback"'),
    id: number(id, 'the id of "callback"'),
  };
}

function text(fields: Fields, name: string): string {
  return string(fields[name], `"${name}"`);
}

function string(value: unknown, name: string): string {
  if (typeof value !== 'string') throw malformed(`${name} must be a string`);
  return value;
}

function number(value: unknown, name: string): number {
  if (!Number.isSafeInteger(value)) throw malformed(`${name} must be an integer`);
  return value as number;
}

function list(fields: Fields, name: string): unknown[] {
  const value = fields[name];
  if (!Array.isArray(value)) throw malformed(`"${name}" must be an array`);
  return value;
}

/** Accepts one name, a list of names, or `null`. */
function names(fields: Fields, name: string): readonly string[] | null {
  const value = fields[name];
  if (value === undefined || value === null) return null;
  return [value].flat().map((item) => string(item, `an entry of "${name}"`));
}

function malformed(reason: string): UnreadableMessage {
  return new UnreadableMessage('malformed', reason);
}
