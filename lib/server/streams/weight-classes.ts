/**
 * Members by their weight, to find a heavy one at once: a class holds the members whose weight has the same power of
 * two, so the first member of the highest class has more than half the weight of any other.
 */
export interface Weighted {
  readonly bytes: number;
}

export class WeightClasses<T extends Weighted> {
  /** Members with 2^n to 2^(n+1) bytes, by n. The member that entered its class first is the first. */
  readonly #classes: (Set<T> | undefined)[] = [];

  /** A member of the highest class. */
  get heavy(): T | undefined {
    for (let n = this.#classes.length - 1; n >= 0; n--) {
      for (const member of this.#classes[n] ?? []) return member;
    }
    return undefined;
  }

  /** Moves a member to the class of its present weight. @param former 0 for a new member. At 0 bytes, it is removed */
  move(member: T, former: number): void {
    const [from, to] = [classOf(former), classOf(member.bytes)];
    if (from === to) return;
    this.#classes[from]?.delete(member);
    if (to >= 0) (this.#classes[to] ??= new Set()).add(member);
  }
}

/** @returns -1 for a weight of 0 */
function classOf(bytes: number): number {
  return bytes > 0 ? Math.floor(Math.log2(bytes)) : -1;
}
