/** Encodes messages of Flask-SocketIO's queue. Throws for values that the queue cannot carry. */
import { SocketIoError } from '../../errors.js';
import { detach } from '../../protocol/internal.js';
import type { EmitMessage, QueueMessage } from './queue-message.js';

export interface WriteOptions {
  /** The id of the sender; for a `callback`, the id of the process that requested it. */
  readonly hostId: string;
  /** Whether `data` has the form before 5.15.1: the single argument itself. */
  readonly bareValues: boolean;
}

/** @throws SocketIoError `NOT_CARRIED`, `VALUE_TOO_DEEP`; TypeError for a value that JSON cannot represent */
export function writeMessage(message: QueueMessage, { hostId, bareValues }: WriteOptions): string {
  const fields = message.method === 'emit' ? emitFields(message, bareValues) : message;
  if (message.method === 'callback')
    refuseBinary(message.args, 'bytes in the acknowledgement of a client', 'acknowledge with text');
  return JSON.stringify({ ...fields, host_id: hostId });
}

function emitFields(message: EmitMessage, bareValues: boolean): object {
  const { method, namespace, event, args, rooms, skipped, callback } = message;
  const parts: Uint8Array[] = [];
  const detached = bareValues ? bareValue(args) : detach(args, parts);
  const binary = parts.length > 0;
  return {
    method,
    event,
    data: binary ? [detached, ...parts.map(base64)] : detached,
    binary,
    namespace,
    room: oneOrMore(rooms),
    skip_sid: skipped.length === 0 ? null : oneOrMore(skipped),
    callback: callback === null ? null : [callback.room, callback.namespace, callback.id],
  };
}

/** Old servers read a list as one argument, and do not support binary data. */
function bareValue(args: readonly unknown[]): unknown {
  if (args.length > 1) {
    throw notCarried(
      'several arguments with the option bareValues',
      'emit one object, or update python-socketio to 5.15.1',
    );
  }
  refuseBinary(args, 'bytes with the option bareValues', 'update python-socketio to 5.15.1');
  return args[0] ?? null;
}

function refuseBinary(args: readonly unknown[], what: string, instead: string): void {
  const parts: Uint8Array[] = [];
  detach(args, parts);
  if (parts.length > 0) throw notCarried(what, instead);
}

/** Creates the error for a value or call that the queue cannot carry. */
export function notCarried(what: string, instead: string): SocketIoError {
  return new SocketIoError('NOT_CARRIED', `the message queue of Flask-SocketIO cannot carry ${what}: ${instead}`);
}

function oneOrMore(names: readonly string[] | null): string | readonly string[] | null {
  return names?.length === 1 ? (names[0] as string) : names;
}

function base64(part: Uint8Array): string {
  return Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString('base64');
}
