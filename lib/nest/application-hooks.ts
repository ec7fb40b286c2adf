/** A hook of the application that something of ours takes the place of, for one call. */

type Hook = (...args: unknown[]) => unknown;

/**
 * The next call of `object[name]` goes to `replacement`, which is given the method that was there; after
 * that, the object is as it was.
 */
export function standIn(object: object, name: string, replacement: (original: Hook, args: unknown[]) => unknown): void {
  const own = Object.getOwnPropertyDescriptor(object, name);
  const original: unknown = (object as Record<string, unknown>)[name];
  const stand = (...args: unknown[]): unknown => {
    if (own === undefined) Reflect.deleteProperty(object, name);
    else Object.defineProperty(object, name, own);
    return replacement(
      (...given) => (typeof original === 'function' ? original.apply(object, given) : undefined),
      args,
    );
  };
  Object.defineProperty(object, name, { value: stand, configurable: true, writable: true, enumerable: false });
}
