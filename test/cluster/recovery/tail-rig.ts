/** The log of an engine, which several nodes read through their tails. */
import { Bulletin } from '../../../lib/cluster/bulletin/bulletin.js';
import { BulletinWriter } from '../../../lib/cluster/bulletin/bulletin-writer.js';
import type { StoredMessage } from '../../../lib/cluster/broker/broker.js';
import { EventTail, type TailEvent, type TailLimits } from '../../../lib/cluster/recovery/event-tail.js';
import { Message } from '../../../lib/engine/internal.js';
import { BroadcastTarget, type Flags } from '../../../lib/server/internal.js';
import { ManualClock } from '../../support/manual-clock.js';

export const wireOf = (text: string): Buffer => Message.of(`2["${text}"]`).wire;

/** The names of events, as `wireOf` framed them. */
export function names(events: readonly TailEvent[] | null): string[] | null {
  return events?.map(({ record: { wire } }) => (JSON.parse(wire.toString('utf8').slice(4)) as [string])[0]) ?? null;
}

export class Log {
  readonly clock = new ManualClock();
  readonly messages: StoredMessage[] = [];
  readonly nodes: LoggedNode[] = [];

  node(id: string, limits: Partial<TailLimits> = {}): LoggedNode {
    const node = new LoggedNode(id, this, limits);
    this.nodes.push(node);
    return node;
  }

  append(bytes: Buffer): void {
    const position = String(this.messages.length + 1);
    this.messages.push({ position, bytes });
    for (const node of this.nodes) node.read({ position, bytes });
  }
}

export class LoggedNode {
  readonly tail: EventTail;
  readonly #writer: BulletinWriter;
  readonly #log: Log;
  readonly #id: string;
  isCutOff = false;

  constructor(id: string, log: Log, limits: Partial<TailLimits>) {
    this.#id = id.padEnd(10, '_');
    this.#log = log;
    this.#writer = new BulletinWriter(this.#id, 0);
    this.tail = new EventTail(this.#id, log.clock, { bytes: 1_000_000, age: 60_000, ...limits });
  }

  /** Emits an event, which stays in the bulletin until {@link send}. @returns its offset here */
  emit(text: string, rooms: readonly string[] | null = null, namespace = '/', flags: Flags = {}): string {
    const target = BroadcastTarget.of(rooms, [], flags);
    this.#writer.broadcast(namespace, target, true, wireOf(text));
    return String(this.tail.emit(namespace, target, wireOf(text), this.#writer.events));
  }

  /** Sends the bulletin to the engine, which all nodes read at once. */
  send(): void {
    this.#log.append(this.#writer.take());
  }

  /** Drops the bulletin, as the link to a broker does when too much waits. */
  drop(): void {
    this.#writer.take();
  }

  /** Sends a bulletin with events. */
  say(...texts: string[]): void {
    for (const text of texts) this.emit(text);
    this.send();
  }

  read({ position, bytes }: StoredMessage): void {
    if (this.isCutOff) return;
    const bulletin = Bulletin.read(bytes);
    this.tail.append(position, bulletin, bytes.length);
    if (bulletin.node === this.#id) return;
    bulletin.visit({
      broadcast: ({ index }) => void this.tail.deliver(index),
      message: () => {},
    });
  }
}
