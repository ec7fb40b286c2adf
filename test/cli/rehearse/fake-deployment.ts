/** A deployment in memory, with stock clients that reconnect to it, on a clock that moves when a rehearsal sleeps. */
import { EventEmitter } from 'node:events';
import type { StockClient } from '../../../lib/cli/rehearse/stock-client.js';
import type { Time } from '../../../lib/cli/rehearse/time.js';
import { ManualClock } from '../../support/manual-clock.js';

/** ms from a client to the deployment, or back. */
const TRIP = 5;

const RECONNECT = 300; // ms from a lost connection to the next attempt

export interface Behaviour {
  readonly namespaces?: readonly string[];
  /** `deaf` answers, but passes nothing on. `unknown` answers with an error, `silent` not at all. */
  readonly events?: 'pass' | 'unknown' | 'silent' | 'deaf';
  readonly recovers?: boolean;
  /** How often the other clients get a message. Without it, once. */
  readonly copies?: (message: string, client: FakeClient) => number;
  /** ms that a message takes in addition. */
  readonly delay?: (message: string) => number;
  /** The clients that a restart affects. Without it, all. */
  readonly affects?: (client: FakeClient) => boolean;
  /** Whether clients stay away after a restart. */
  readonly keepsClientsAway?: boolean;
}

export class FakeDeployment {
  readonly clock = new ManualClock();
  readonly clients: FakeClient[] = [];
  readonly time: Time = {
    now: () => this.clock.now(),
    sleep: (ms) => {
      this.clock.advance(ms);
      return Promise.resolve();
    },
  };
  readonly behaviour: Behaviour;
  isUp = true;

  constructor(behaviour: Behaviour = {}) {
    this.behaviour = behaviour;
  }

  readonly connect = (namespace: string, number: number): FakeClient => {
    const client = new FakeClient(this, String(number));
    this.clients.push(client);
    this.clock.after(TRIP, () => {
      const { namespaces = ['/rehearsal'] } = this.behaviour;
      if (namespaces.includes(namespace)) client.accept(false);
      else client.refuse('Invalid namespace');
    });
    return client;
  };

  /** Clients lose their connection, and return after a time. */
  restart(downTime: number): void {
    const { affects = () => true } = this.behaviour;
    this.isUp = false;
    for (const client of this.clients.filter(affects)) client.lose('transport close');
    this.clock.after(downTime, () => {
      this.isUp = true;
    });
  }

  take(from: FakeClient, event: string, args: readonly unknown[], answer: (value: unknown) => void): void {
    const { events = 'pass', copies = () => 1, delay = () => 0 } = this.behaviour;
    if (events === 'silent') return;
    if (events === 'unknown') answer({ error: { code: 'unknown_event', message: 'There is no such event.' } });
    else answer(null);
    if (event === 'rehearsal:join') from.room = String(args[0]);
    else if (events === 'pass') {
      const message = String(args[1]);
      for (const client of this.clients) {
        if (client === from || client.room !== args[0]) continue;
        for (let i = 0; i < copies(message, client); i++) {
          this.clock.after(TRIP + delay(message), () => client.deliver('rehearsal', message));
        }
      }
    }
  }
}

export class FakeClient extends EventEmitter implements StockClient {
  connected = false;
  recovered: boolean | undefined;
  active = true;
  sendBuffer: unknown[] = [];
  room = '';
  readonly io = { on: () => {} };
  readonly number: string;
  readonly #deployment: FakeDeployment;
  readonly #missed: unknown[][] = [];
  #onAny: (event: string, ...args: unknown[]) => void = () => {};

  constructor(deployment: FakeDeployment, number: string) {
    super();
    this.#deployment = deployment;
    this.number = number;
  }

  override on(event: string, listener: (...args: never[]) => void): this {
    return super.on(event, listener as (...args: unknown[]) => void);
  }

  onAny(listener: (event: string, ...args: unknown[]) => void): void {
    this.#onAny = listener;
  }

  accept(recovered: boolean): void {
    this.connected = true;
    this.recovered = recovered || undefined; // as the stock client, whose server keeps no sessions
    const missed = this.#missed.splice(0);
    if (recovered) for (const [event, ...args] of missed) this.#onAny(event as string, ...args);
    else this.room = '';
    super.emit('connect');
  }

  refuse(message: string): void {
    this.active = false;
    this.fail(new Error(message));
  }

  fail(error: Error): void {
    super.emit('connect_error', error);
  }

  lose(reason: string): void {
    if (!this.connected) return;
    this.connected = false;
    super.emit('disconnect', reason);
    this.#reconnectLater();
  }

  deliver(event: string, ...args: unknown[]): void {
    if (this.connected) this.#onAny(event, ...args);
    else this.#missed.push([event, ...args]);
  }

  override emit(event: string, ...args: unknown[]): boolean {
    const { clock } = this.#deployment;
    const answer = args.pop() as (value: unknown) => void;
    clock.after(TRIP, () => {
      if (!this.connected) return;
      this.#deployment.take(this, event, args, (value) => {
        clock.after(TRIP, () => {
          if (this.connected) answer(value);
        });
      });
    });
    return true;
  }

  disconnect(): void {
    this.active = false;
    this.connected = false;
    this.room = '';
  }

  #reconnectLater(): void {
    const { clock, behaviour } = this.#deployment;
    if (behaviour.keepsClientsAway === true) return;
    clock.after(RECONNECT, () => {
      if (!this.active || this.connected) return;
      if (this.#deployment.isUp) this.accept(behaviour.recovers === true);
      else {
        this.fail(new Error('connect ECONNREFUSED'));
        this.#reconnectLater();
      }
    });
  }
}
