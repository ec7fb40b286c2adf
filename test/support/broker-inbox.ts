/** A server's end of a broker, which records what it receives, and clocks for brokers. */
import { systemClock } from '../../lib/engine/clock.js';
import type {
  Broker,
  BrokerContext,
  BrokerFactory,
  BrokerListener,
  BrokerStore,
} from '../../lib/cluster/broker/broker.js';
import { onCleanUp } from './engine-clean-up.js';

export class BrokerInbox implements BrokerListener {
  readonly messages: Buffer[] = [];
  readonly positions: (string | null)[] = [];
  readonly problems: (string | null)[] = [];
  gaps = 0;

  get texts(): string[] {
    return this.messages.map(String);
  }

  /** The problem that was reported last. */
  get problem(): string | null {
    return this.problems.at(-1) ?? null;
  }

  received(bytes: Buffer, position: string | null): void {
    this.messages.push(bytes);
    this.positions.push(position);
  }

  connection(problem: string | null): void {
    this.problems.push(problem);
  }

  gap(): void {
    this.gaps++;
  }
}

/** A server with a broker. */
export class BrokerNode extends BrokerInbox {
  constructor(readonly broker: Broker) {
    super();
  }

  get store(): BrokerStore {
    if (this.broker.store === null) throw new Error('the broker keeps nothing');
    return this.broker.store;
  }

  /** Publishes texts. */
  say(...texts: readonly string[]): Promise<unknown> {
    return Promise.all(texts.map((text) => this.broker.publish(Buffer.from(text))));
  }

  /** Closes the broker. @returns the ms that it took */
  async timeToClose(): Promise<number> {
    const begun = performance.now();
    await this.broker.close();
    return performance.now() - begun;
  }
}

const silent = { debug() {}, warn() {}, error() {} };

/** Time passes as usual. */
export const REAL_TIME: BrokerContext = { clock: systemClock, log: silent, scope: '', keepFor: null, keepAtMost: 0 };

/** A time limit of ten seconds takes half a second. */
export const FAST_TIME: BrokerContext = {
  ...REAL_TIME,
  clock: { now: () => systemClock.now(), after: (delay, task) => systemClock.after(delay / 20, task) },
};

/** Creates a broker that is closed after the test. */
export async function createBroker(factory: BrokerFactory, context = FAST_TIME): Promise<Broker> {
  const broker = await factory.create(context);
  onCleanUp(() => broker.close());
  return broker;
}

/** Creates and opens a broker that is closed after the test. */
export async function openBroker(
  factory: BrokerFactory,
  context = FAST_TIME,
): Promise<{ broker: Broker; inbox: BrokerInbox }> {
  const broker = await createBroker(factory, context);
  const inbox = new BrokerInbox();
  await broker.open(inbox);
  return { broker, inbox };
}
