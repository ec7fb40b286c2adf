/** Measures the memory that is in use after a garbage collection. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** @returns bytes on the heap and in buffers. Buffers are released a little later: poll for an upper bound */
export function memoryInUse(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Resolves with the bytes in use when the buffers of earlier tests are released: the base of a growth. */
export async function memoryBase(): Promise<number> {
  for (let last = memoryInUse(); ;) {
    await new Promise(setImmediate);
    const bytes = memoryInUse();
    if (bytes > last - 50_000) return bytes;
    last = bytes;
  }
}
