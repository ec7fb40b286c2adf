/**
 * Counts the arrays and objects of a payload. They are what makes a payload expensive: an empty object takes two bytes
 * on the wire and more than 50 in memory. Hence their number and nesting are bounded, and weights count them.
 */
import { ProtocolError } from '../errors.js';
import type { PacketLimits } from './packet-limits.js';
import type { Packet } from './packet.js';

/** Bytes that an array or object weighs in addition to its text. Node takes 40 to 70 for a small one. */
export const CONTAINER_WEIGHT = 64;

type ContainerLimits = Pick<PacketLimits, 'depth' | 'containers'>;

const UNLIMITED: ContainerLimits = { depth: Infinity, containers: Infinity };

/** The weight of the JSON that starts at `at`: its length and {@link CONTAINER_WEIGHT} for each array and object. */
export function weigh(text: string, at: number): number {
  return text.length - at + CONTAINER_WEIGHT * countContainers(text, at, UNLIMITED);
}

/**
 * The weight of a decoded packet.
 * @param size bytes or characters of its messages
 */
export function weightOf(packet: Packet, size: number): number {
  return size + CONTAINER_WEIGHT * ('data' in packet ? countContainersOf(packet.data, UNLIMITED) : 0);
}

/**
 * Checks the limits on arrays and objects for the JSON that starts at `at`, without parsing it.
 * @throws ProtocolError
 */
export function checkContainers(text: string, at: number, limits: ContainerLimits): void {
  // Most payloads are too short for that many brackets.
  if (text.length - at > 2 * Math.min(limits.depth, limits.containers)) countContainers(text, at, limits);
}

/** Counts the arrays and objects in the JSON that starts at `at`, without parsing it. @throws ProtocolError */
export function countContainers(text: string, at: number, limits: ContainerLimits): number {
  const { depth: maxDepth, containers } = limits;
  let [count, depth] = [0, 0];
  for (; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 34 /* " */:
        at = endOfString(text, at);
        break;
      case 91 /* [ */:
      case 123 /* { */:
        if (++depth > maxDepth) throw tooDeep();
        if (++count > containers) throw tooMany();
        break;
      case 93 /* ] */:
      case 125 /* } */:
        depth--;
        break;
      default:
    }
  }
  return count;
}

/** Counts the arrays and objects in a value. Does not recurse. @throws ProtocolError */
export function countContainersOf(value: unknown, limits: ContainerLimits): number {
  let count = 0;
  let level = isContainer(value) ? [value] : [];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > limits.depth) throw tooDeep();
    const next: object[] = [];
    for (const container of level) {
      if (++count > limits.containers) throw tooMany();
      for (const item of Array.isArray(container) ? container : Object.values(container)) {
        if (isContainer(item)) next.push(item);
      }
    }
    level = next;
  }
  return count;
}

export function tooDeep(): ProtocolError {
  return new ProtocolError('the payload is nested too deeply', 'depth');
}

export function tooMany(): ProtocolError {
  return new ProtocolError('the payload has too many arrays and objects', 'containers');
}

/** @returns the index of the quote that ends the string starting at `at`, or the length of the text */
function endOfString(text: string, at: number): number {
  for (at++; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === 34 /* " */) return at;
    if (char === 92 /* \ */) at++;
  }
  return at;
}

/** Whether a value is an object or array, but not binary data. */
export function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) && !(value instanceof ArrayBuffer);
}
