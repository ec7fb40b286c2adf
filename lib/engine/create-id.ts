/**
 * Unguessable identifiers: 120 random bits as 20 characters of base64url. The length is part of the contract, because
 * cluster adapters recognise a socket's own room by it.
 */
import { randomFillSync } from 'node:crypto';

const BYTES = 15;
const pool = Buffer.allocUnsafe(BYTES * 256); // one call of the generator fills 256 ids
let used = pool.length;

export function createId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += BYTES;
  return pool.toString('base64url', used - BYTES, used);
}
