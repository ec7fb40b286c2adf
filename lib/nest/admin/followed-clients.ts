/**
 * The clients of this server that visitors follow. What passes between a client and the server is collected for a
 * moment and sent to the visitor, who may be connected to another server. The server is watched only as long as anyone
 * follows. A visitor's server renews its interest: if that server crashes, following ends by the clock.
 */
import type { Clock, Timer } from '../../engine/internal.js';
import type { Instrument, Server } from '../../server/internal.js';
import type { ClientRequest, Traffic, TrafficEvent } from './admin-protocol.js';
import { readEvent, shownArguments } from './shown-arguments.js';

/** ms for which events are collected. */
const BATCH_TIME = 100;

/** Events of one batch. A visitor cannot read more, and they must not delay the other messages of the server. */
const BATCH_SIZE = 50;

/** ms after which following ends unless it is renewed. */
const LEASE = 60_000;

/** ms after which a visitor's server renews: it may fail once. */
export const RENEWAL = 25_000;

/** Visitors that follow clients of this server at the same time. */
const MAX_FOLLOWS = 100;

/** One visitor that follows one client. */
interface Follow extends ClientRequest {
  readonly viewer: string;
  events: TrafficEvent[];
  leftOut: number;
  batch: Timer | null;
  lease: Timer;
}

type WatchedServer = Pick<Server, '_nsps'> & { readonly telemetry: Pick<Server['telemetry'], 'watch'> };

type Event = Parameters<NonNullable<Instrument['eventReceived']>>[1];

export class FollowedClients {
  readonly #server: WatchedServer;
  readonly #clock: Clock;
  readonly #payloads: boolean;
  readonly #send: (viewer: string, traffic: Traffic) => void;
  /** By visitor. */
  readonly #follows = new Map<string, Follow>();
  /** By client. */
  readonly #byClient = new Map<string, Set<Follow>>();
  #unwatch: (() => void) | null = null;

  /**
   * @param payloads whether arguments are shown
   * @param send sends to a visitor, whichever server it is connected to
   */
  constructor(
    server: WatchedServer,
    clock: Clock,
    payloads: boolean,
    send: (viewer: string, traffic: Traffic) => void,
  ) {
    this.#server = server;
    this.#clock = clock;
    this.#payloads = payloads;
    this.#send = send;
  }

  /** Lets a visitor follow a client, or renews it. @returns whether the client is here */
  follow(viewer: string, { namespace, client }: ClientRequest): boolean {
    const known = this.#follows.get(viewer);
    if (known?.client === client && known.namespace === namespace) {
      known.lease.cancel();
      known.lease = this.#leaseOf(viewer);
      return true;
    }
    this.unfollow(viewer);
    if (this.#server._nsps.get(namespace)?.sockets.has(client) !== true || this.#follows.size >= MAX_FOLLOWS) {
      return false;
    }
    const lease = this.#leaseOf(viewer);
    const follow: Follow = { viewer, namespace, client, events: [], leftOut: 0, batch: null, lease };
    this.#follows.set(viewer, follow);
    this.#byClient.set(client, (this.#byClient.get(client) ?? new Set()).add(follow));
    this.#unwatch ??= this.#server.telemetry.watch(this.#instrument);
    return true;
  }

  unfollow(viewer: string): void {
    const follow = this.#follows.get(viewer);
    if (follow === undefined) return;
    follow.batch?.cancel();
    follow.lease.cancel();
    this.#follows.delete(viewer);
    const others = this.#byClient.get(follow.client);
    others?.delete(follow);
    if (others?.size === 0) this.#byClient.delete(follow.client);
    if (this.#follows.size > 0) return;
    this.#unwatch?.();
    this.#unwatch = null;
  }

  close(): void {
    for (const viewer of this.#follows.keys()) this.unfollow(viewer);
  }

  readonly #instrument: Instrument = {
    eventReceived: ({ id }, packet, _label, size) => this.#add(id, 'in', packet, size, false),
    eventUnhandled: ({ id }, packet) => this.#add(id, 'in', packet, 0, false),
    eventSent: ({ id }, packet, bytes, isDropped) => this.#add(id, 'out', packet, bytes, isDropped),
    clientDisconnected: ({ id }, reason) => {
      for (const follow of this.#byClient.get(id) ?? []) {
        this.#flush(follow, reason);
        this.unfollow(follow.viewer);
      }
    },
  };

  #add(id: string, direction: TrafficEvent['direction'], packet: Event, bytes: number, dropped: boolean): void {
    const follows = this.#byClient.get(id);
    if (follows === undefined) return;
    const [name, args] = readEvent(packet);
    const event = {
      at: Date.now(),
      direction,
      event: name,
      args: this.#payloads ? shownArguments(args, bytes) : null,
      bytes,
      dropped,
    };
    for (const follow of follows) {
      if (follow.events.length < BATCH_SIZE) follow.events.push(event);
      else follow.leftOut++;
      follow.batch ??= this.#clock.after(BATCH_TIME, () => this.#flush(follow, null));
    }
  }

  /** @param ended the reason of the disconnect of the client */
  #flush(follow: Follow, ended: string | null): void {
    const { viewer, namespace, client, events, leftOut } = follow;
    follow.batch?.cancel();
    follow.batch = null;
    follow.events = [];
    follow.leftOut = 0;
    this.#send(viewer, { namespace, client, events, leftOut, ended });
  }

  #leaseOf(viewer: string): Timer {
    return this.#clock.after(LEASE, () => this.unfollow(viewer));
  }
}
