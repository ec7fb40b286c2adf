/**
 * Validates the payload of each type of packet: here, unknown data becomes a typed `Packet`. Our own decoder and
 * foreign parsers both use it.
 * Source: Socket.IO protocol, revision 5, "Packet types".
 */
import { ProtocolError } from '../errors.js';
import type { PacketLimits } from './packet-limits.js';
import { type ConnectErrorPacket, type EventPacket, type Packet, PacketType, RESERVED_EVENTS } from './packet.js';

/**
 * A serialiser for payloads, such as JavaScript's own `JSON`. Binary parts are taken out of the value before
 * `stringify` and put back after `parse`.
 * Source: Flask-SocketIO, the option `json`.
 */
export interface Json {
  /** @returns the text for a value, which contains no binary data. May throw for a value it does not support. */
  stringify(value: unknown): string;
  /** @returns the value of a text, which comes from a client. May throw for a text it does not understand. */
  parse(text: string): unknown;
}

/**
 * @param payload the value after the header; `undefined` if there is none
 * @throws ProtocolError if the payload is not valid for this type of packet
 */
export function toPacket(
  type: unknown,
  nsp: string,
  id: number | undefined,
  payload: unknown,
  limits: PacketLimits,
): Packet {
  switch (type) {
    case PacketType.EVENT:
      if (!isEventData(payload) || payload.length > limits.arguments + 1) break;
      return { type, nsp, id, data: payload };
    case PacketType.ACK:
      if (payload === undefined) return { type, nsp, id, data: [] };
      if (!Array.isArray(payload) || payload.length > limits.arguments) break;
      return { type, nsp, id, data: payload };
    case PacketType.CONNECT:
      if (payload !== undefined && !isObject(payload)) break;
      return { type, nsp, data: payload };
    case PacketType.DISCONNECT:
      if (payload !== undefined) break;
      return { type, nsp };
    case PacketType.CONNECT_ERROR:
      if (typeof payload !== 'string' && !isObject(payload)) break;
      return { type, nsp, data: payload as ConnectErrorPacket['data'] };
    default:
      throw new ProtocolError('unknown packet type');
  }
  throw new ProtocolError('invalid payload');
}

/** Whether more than `max` arrays and objects are nested in the JSON that starts at `at`, without parsing it. */
export function depthExceeds(max: number, text: string, at: number): boolean {
  if (text.length - at <= 2 * max) return false; // too short for that many brackets
  let depth = 0;
  let quoted = false;
  for (; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (quoted) {
      if (char === 92 /* \ */) at++;
      else if (char === 34 /* " */) quoted = false;
    } else if (char === 34) quoted = true;
    else if (char === 91 /* [ */ || char === 123 /* { */) {
      if (++depth > max) return true;
    } else if (char === 93 /* ] */ || char === 125 /* } */) depth--;
  }
  return false;
}

/** Whether more than `max` arrays and objects are nested in a value. Does not recurse. */
export function valueDepthExceeds(max: number, value: unknown): boolean {
  let level = [value].filter(isContainer);
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > max) return true;
    level = level.flatMap((container) => Object.values(container).filter(isContainer));
  }
  return false;
}

function isEventData(payload: unknown): payload is EventPacket['data'] {
  if (!Array.isArray(payload)) return false;
  const name: unknown = payload[0];
  return typeof name === 'string' ? !RESERVED_EVENTS.has(name) : typeof name === 'number';
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) && !(value instanceof ArrayBuffer);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
