/**
 * The ids of sockets: 96 random bits and a checksum, as 20 characters of base64url. Each socket is in a room of its id,
 * and the checksum distinguishes such a room from any other, on all servers of a cluster and without asking them: a
 * message to one client is not part of the history of a room.
 */
import { createId } from '../../engine/internal.js';

/** Characters of an id. Cluster adapters recognise the room of a socket by this number, too. */
const LENGTH = 20;

/** Characters before the checksum. */
const RANDOM = 16;

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

export function createSocketId(): string {
  const random = createId().slice(0, RANDOM);
  return random + checksum(random);
}

/** Whether a text is the id of a socket. Of other texts of its length, one in 16 million looks like one. */
export function isSocketId(text: string): boolean {
  return text.length === LENGTH && text.endsWith(checksum(text));
}

/** 24 bits of FNV-1a, of the first characters. */
function checksum(text: string): string {
  let hash = 0x81_1c_9d_c5;
  for (let i = 0; i < RANDOM; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01_00_01_93);
  let characters = '';
  for (let bits = 8; bits < 32; bits += 6) characters += ALPHABET.charAt((hash >>> bits) & 63);
  return characters;
}
