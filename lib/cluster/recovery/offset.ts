/**
 * The offset of an event: what a client has been given when it gets this event. Two numbers describe that exactly,
 * without waiting for the broker: the place in the engine's log up to which the client's node has delivered the events
 * of all nodes, and the number of its own events that the node has delivered, in the log or not.
 *
 * As text, it is the last argument of the event, and differs from node to node. A client keeps the offset of the last
 * event it received, and presents it to whichever node it returns to.
 */

export class Offset {
  #text: string | null = null;

  constructor(
    /** The id of the node that delivered. */
    readonly node: string,
    /** Number of kept events of that node that it has delivered. */
    readonly own: number,
    /** Position in the log of the last message that it has read. */
    readonly position: string,
    /** Number of the records of that message that it has read. */
    readonly index: number,
  ) {}

  /** @returns `null` for a text that is no offset */
  static parse(text: string | undefined | null): Offset | null {
    if (typeof text !== 'string') return null;
    const [, node, own, index, position] = /^(.{10})\.([0-9a-z]+)\.([0-9a-z]+)\.(\S+)$/.exec(text) ?? [];
    if (node === undefined || own === undefined || index === undefined || position === undefined) return null;
    const offset = new Offset(node, Number.parseInt(own, 36), position, Number.parseInt(index, 36));
    return Number.isSafeInteger(offset.own) && Number.isSafeInteger(offset.index) ? offset : null;
  }

  toString(): string {
    return (this.#text ??= `${this.node}.${this.own.toString(36)}.${this.index.toString(36)}.${this.position}`);
  }
}
