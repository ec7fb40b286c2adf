/**
 * Decodes and checks messages of Flask-SocketIO's queue.
 *
 * Source: python-socketio 5.16, `PubSubManager`. Since 5.15.1, `data` is always the list of arguments. Before 5.14,
 * messages were pickled. Pickled messages are never read: reading one could run any code that its publisher chose.
 */
import { cut, quote } from '../../errors.js';
import { describeValue } from '../../options.js';
import { attach, findSlots, RESERVED_EVENTS } from '../../protocol/internal.js';
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
 * @throws UnreadableMessage
 */
export function readMessage(text: string): ReceivedMessage | null {
  if (text.startsWith('\uFFFD')) {
    throw new UnreadableMessage(
      'pickle',
      'it must be JSON, got a pickle: update python-socketio on the sender to 5.14 or later',
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
    throw malformed(`it must be JSON, got ${quote(text)}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw malformed(`it must be a JSON object, got ${quote(text)}`);
  return value as Fields;
}

function toMessage(fields: Fields): QueueMessage | null {
  const method = textField(fields, 'method');
  switch (method) {
    case 'emit':
      return toEmit(fields);
    case 'callback':
      return {
        method,
        namespace: textField(fields, 'namespace'),
        sid: textField(fields, 'sid'),
        id: asInteger(fields['id'], '"id"'),
        args: arrayField(fields, 'args'),
      };
    case 'disconnect':
      return { method, namespace: textField(fields, 'namespace'), sid: textField(fields, 'sid') };
    case 'enter_room':
    case 'leave_room':
      return {
        method,
        namespace: textField(fields, 'namespace'),
        sid: textField(fields, 'sid'),
        room: textField(fields, 'room'),
      };
    case 'close_room':
      return { method, namespace: textField(fields, 'namespace'), room: textField(fields, 'room') };
    default:
      return null;
  }
}

function toEmit(fields: Fields): EmitMessage {
  const event = textField(fields, 'event');
  if (RESERVED_EVENTS.has(event)) throw mustBe('"event"', 'a name that the protocol does not reserve', event);
  return {
    method: 'emit',
    namespace: textField(fields, 'namespace'),
    event,
    args: toArguments(fields),
    rooms: namesField(fields, 'room'),
    skipped: namesField(fields, 'skip_sid') ?? [],
    callback: toReference(fields['callback']),
  };
}

function toArguments(fields: Fields): readonly unknown[] {
  const { data, binary } = fields;
  if (data === undefined) throw mustBe('"data"', 'the arguments of the event', data);
  if (binary !== true) return spread(data);
  const [value, ...encoded] = arrayField(fields, 'data');
  const args = spread(value);
  const parts = encoded.map((part) => Buffer.from(asString(part, 'a part of "data"'), 'base64'));
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
  if (!Array.isArray(value) || value.length !== 3) throw mustBe('"callback"', '[room, namespace, id]', value);
  const [room, namespace, id] = value as unknown[];
  return {
    room: asString(room, 'the room of "callback"'),
    namespace: asString(namespace, 'the namespace of "callback"'),
    id: asInteger(id, 'the id of "callback"'),
  };
}

function textField(fields: Fields, name: string): string {
  return asString(fields[name], `"${name}"`);
}

function asString(value: unknown, name: string): string {
  if (typeof value !== 'string') throw mustBe(name, 'a string', value);
  return value;
}

function asInteger(value: unknown, name: string): number {
  if (!Number.isSafeInteger(value)) throw mustBe(name, 'an integer', value);
  return value as number;
}

function arrayField(fields: Fields, name: string): unknown[] {
  const value = fields[name];
  if (!Array.isArray(value)) throw mustBe(`"${name}"`, 'an array', value);
  return value;
}

/** Accepts one name, a list of names, or `null`. */
function namesField(fields: Fields, name: string): readonly string[] | null {
  const value = fields[name];
  if (value === undefined || value === null) return null;
  return [value].flat().map((item) => asString(item, `an entry of "${name}"`));
}

function mustBe(name: string, rule: string, value: unknown): UnreadableMessage {
  return malformed(`${name} must be ${rule}, got ${cut(describeValue(value))}`);
}

function malformed(reason: string): UnreadableMessage {
  return new UnreadableMessage('malformed', reason);
}
