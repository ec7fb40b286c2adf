/**
 * The ids of sockets: 96 random bits and a checksum, as 20 characters of base64url. Each socket is in a room of its id,
 * and the checksum distinguishes such a room from any other, on all servers of a cluster and without asking them: a
 * message to one client is not part of the history of a room.
 */
import { createId } from '../../engine/internal.js';

/** Characters of an id. Cluster adapters recognise the room of a socket by this number, too. */
const LENGTH = 20;

const RANDOM_BYTES = 12;

const CHECKSUM_BYTES = 3;

export function createSocketId(): string {
  const bytes = Buffer.from(createId(), 'base64url');
  bytes.writeUIntBE(checksum(bytes), RANDOM_BYTES, CHECKSUM_BYTES);
  return bytes.toString('base64url');
}

/** Whether a text is the id of a socket. Of other texts of its length, one in 16 million looks like one. */
export function isSocketId(text: string): boolean {
  if (text.length !== LENGTH) return false;
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length !== RANDOM_BYTES + CHECKSUM_BYTES) return false; // other characters are skipped
  return bytes.readUIntBE(RANDOM_BYTES, CHECKSUM_BYTES) === checksum(bytes);
}

/** 24 bits of FNV-1a, of the random bytes. */
function checksum(bytes: Buffer): number {
  let hash = 0x81_1c_9d_c5;
  for (let i = 0; i < RANDOM_BYTES; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01_00_01_93);
  return hash >>> 8;
}
