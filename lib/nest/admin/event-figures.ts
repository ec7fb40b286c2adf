/**
 * The figures of events and refusals that the admin page shows. They are counted from the first visit of the page, so
 * that a server whose page is closed pays nothing.
 */
import { Histogram } from '../../engine/internal.js';
import type { HandledEvent, Instrument, Server } from '../../server/internal.js';
import type { RefusalInfo } from './admin-protocol.js';
import { readEvent } from './shown-arguments.js';

/** One event of a namespace, in totals. Servers send it to each other, so it is plain data. */
export interface EventFigure {
  readonly namespace: string;
  readonly event: string;
  readonly received: number;
  readonly sent: number;
  readonly failed: number;
  readonly rejected: number;
  /** How long its handlers took, in the buckets of {@link DURATIONS}. */
  readonly durations: { readonly counts: number[]; readonly sum: number };
}

/** The source of the figures. */
export interface EventFigures {
  /** Counts from now on. Further calls have no effect. */
  start(): void;
  events(): readonly EventFigure[];
  refusals(): readonly RefusalInfo[];
}

/** Seconds. */
export const DURATIONS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Pairs of a namespace and an event, beyond which all others count as one. */
const MAX_EVENTS = 1_000;

const OTHER = '(other)';

class Counts {
  received = 0;
  sent = 0;
  failed = 0;
  rejected = 0;
  readonly durations = new Histogram(DURATIONS);

  constructor(
    readonly namespace: string,
    readonly event: string,
  ) {}
}

/** Figures by an instrument of the server. */
export class InstrumentedFigures implements EventFigures {
  readonly #server: Pick<Server, 'watch'>;
  readonly #events = new Map<string, Map<string, Counts>>();
  readonly #refusals = new Map<string, { where: string; reason: string; count: number }>();
  #size = 0;
  #isWatching = false;

  constructor(server: Pick<Server, 'watch'>) {
    this.#server = server;
  }

  start(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    this.#server.watch(this.#instrument);
  }

  events(): readonly EventFigure[] {
    return [...this.#events.values()].flatMap((events) =>
      Array.from(events.values(), ({ namespace, event, received, sent, failed, rejected, durations }) => {
        const { counts, sum } = durations;
        return { namespace, event, received, sent, failed, rejected, durations: { counts, sum } };
      }),
    );
  }

  refusals(): readonly RefusalInfo[] {
    return [...this.#refusals.values()];
  }

  readonly #instrument: Instrument = {
    eventReceived: ({ nsp }, _packet, label) => void this.#countsOf(nsp.label, label).received++,
    eventHandled: ({ socket, label }: HandledEvent, result, _error, duration) => {
      const counts = this.#countsOf(socket.nsp.label, label);
      if (result !== 'ok') counts[result]++;
      counts.durations.add(duration / 1_000);
    },
    eventSent: ({ nsp }, packet, _bytes, isDropped) => {
      if (!isDropped) this.#countsOf(nsp.label, readEvent(packet)[0]).sent++;
    },
    clientRefused: (where, reason) => {
      const key = `${reason} ${where}`;
      const known = this.#refusals.get(key);
      if (known !== undefined) known.count++;
      else if (this.#refusals.size < MAX_EVENTS) this.#refusals.set(key, { where, reason, count: 1 });
    },
  };

  #countsOf(namespace: string, event: string): Counts {
    let events = this.#events.get(namespace);
    const known = events?.get(event);
    if (known !== undefined) return known;
    if (this.#size >= MAX_EVENTS && event !== OTHER) return this.#countsOf(OTHER, OTHER);
    if (events === undefined) this.#events.set(namespace, (events = new Map()));
    const counts = new Counts(namespace, event);
    events.set(event, counts);
    this.#size++;
    return counts;
  }
}
