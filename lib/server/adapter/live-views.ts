/** Maps and Sets that hold nothing: what they are asked they look up where it is kept. */

export abstract class SetView<T> implements ReadonlySet<T> {
  abstract readonly size: number;
  abstract has(value: T): boolean;
  abstract values(): Generator<T, undefined>;

  keys(): Generator<T, undefined> {
    return this.values();
  }

  *entries(): Generator<[T, T], undefined> {
    for (const value of this.values()) yield [value, value];
  }

  [Symbol.iterator](): Generator<T, undefined> {
    return this.values();
  }

  forEach(call: (value: T, same: T, set: ReadonlySet<T>) => void, thisArg?: unknown): void {
    for (const value of this.values()) call.call(thisArg, value, value, this);
  }
}

export abstract class MapView<V> implements ReadonlyMap<string, V> {
  abstract readonly size: number;
  abstract has(key: string): boolean;
  abstract get(key: string): V | undefined;
  abstract keys(): Generator<string, undefined>;

  *values(): Generator<V, undefined> {
    for (const [, value] of this.entries()) yield value;
  }

  *entries(): Generator<[string, V], undefined> {
    for (const key of this.keys()) {
      const value = this.get(key);
      if (value !== undefined) yield [key, value];
    }
  }

  [Symbol.iterator](): Generator<[string, V], undefined> {
    return this.entries();
  }

  forEach(call: (value: V, key: string, map: ReadonlyMap<string, V>) => void, thisArg?: unknown): void {
    for (const [key, value] of this.entries()) call.call(thisArg, value, key, this);
  }
}
