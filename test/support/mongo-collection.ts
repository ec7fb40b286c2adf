/**
 * A fake MongoDB collection in memory, with only the members that `@socket.io/mongo-adapter` uses. Every open change
 * stream later receives a copy of each inserted document, with binary parts as the driver's `Binary`.
 */
import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';

interface InsertedDocument {
  readonly _id: Buffer;
  readonly uid: string;
}

export class MongoCollection {
  readonly #streams = new Set<ChangeStream>();

  insertOne(document: object): Promise<{ insertedId: Buffer }> {
    const insertedId = randomBytes(12);
    for (const stream of this.#streams) {
      const fullDocument = { ...(stored(document) as { uid: string }), _id: insertedId };
      setImmediate(() => stream.take(fullDocument));
    }
    return Promise.resolve({ insertedId });
  }

  /** Supports only the adapter's condition, which excludes the documents it has inserted itself. */
  watch([{ $match }]: [{ $match: { 'fullDocument.uid': { $ne: string } } }]): ChangeStream {
    const stream = new ChangeStream($match['fullDocument.uid'].$ne, () => this.#streams.delete(stream));
    this.#streams.add(stream);
    return stream;
  }
}

class ChangeStream extends EventEmitter {
  readonly resumeToken = {};
  closed = false;
  readonly #except: string;
  readonly #onClose: () => void;

  constructor(except: string, onClose: () => void) {
    super();
    this.#except = except;
    this.#onClose = onClose;
  }

  take(fullDocument: InsertedDocument): void {
    if (fullDocument.uid !== this.#except) this.emit('change', { operationType: 'insert', fullDocument });
  }

  close(): Promise<void> {
    this.closed = true;
    this.#onClose();
    this.emit('close');
    return Promise.resolve();
  }
}

/** Returns a value as BSON would restore it. */
function stored(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return { _bsontype: 'Binary', buffer: Buffer.from(value as Uint8Array) };
  if (Array.isArray(value)) return value.map(stored);
  if (typeof value !== 'object' || value === null) return value ?? null;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, stored(item)]));
}
