/**
 * Validates the payload of each type of packet: here, unknown data becomes a typed `Packet`. Our own decoder and
 * foreign parsers both use it.
 * Source: Socket.IO protocol, revision 5, "Packet types".
 */
import { ProtocolError } from '../errors.js';
import { CONTAINER_WEIGHT, isContainer } from './containers.js';
import type { PacketLimits } from './packet-limits.js';
import { type ConnectErrorPacket, type EventPacket, type Packet, PacketType, RESERVED_EVENTS } from './packet.js';

/**
 * A serialiser for payloads, such as JavaScript's own `JSON`. Binary parts are taken out of the value before
 * `stringify` and put back after `parse`.
 * Source: Flask-SocketIO, the option `json`.
 * @publicApi
 */
export interface Json {
  /** @returns the text for a value, which contains no binary data. May throw for a value it does not support. */
  stringify(value: unknown): string;
  /** @returns the value of a text, which comes from a client. May throw for a text it does not understand. */
  parse(text: string): unknown;
}

/**
 * Validates a packet of which a decoder has made an object.
 * @param size bytes or characters of its messages
 * @param containers the number of arrays and objects in it
 * @throws ProtocolError
 */
export function checkPacket(value: unknown, size: number, containers: number, limits: PacketLimits): Packet {
  const { type, nsp, id, data } = (value ?? {}) as Record<string, unknown>;
  const isValid =
    typeof nsp === 'string' &&
    nsp.startsWith('/') &&
    nsp.length <= limits.namespaceLength &&
    (id === undefined || (Number.isSafeInteger(id) && (id as number) >= 0));
  if (!isValid) throw new ProtocolError('the packet has an invalid namespace or id');
  const isTooLarge = type === PacketType.CONNECT && size + CONTAINER_WEIGHT * containers > limits.connectWeight;
  return isTooLarge ? { type, nsp, tooLarge: true } : toPacket(type, nsp, id as number | undefined, data, limits);
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
      if (!isEventData(payload)) break;
      if (payload.length > limits.arguments + 1) throw tooManyArguments();
      return { type, nsp, id, data: payload };
    case PacketType.ACK:
      if (payload === undefined) return { type, nsp, id, data: [] };
      if (!Array.isArray(payload)) break;
      if (payload.length > limits.arguments) throw tooManyArguments();
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

function tooManyArguments(): ProtocolError {
  return new ProtocolError('invalid payload', 'arguments');
}

function isEventData(payload: unknown): payload is EventPacket['data'] {
  if (!Array.isArray(payload)) return false;
  const name: unknown = payload[0];
  return typeof name === 'string' ? !RESERVED_EVENTS.has(name) : typeof name === 'number';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return isContainer(value) && !Array.isArray(value) && !(value instanceof Date);
}
