/** A listener of a broker that records its calls, and clocks for brokers. */
import { systemClock } from '../../lib/engine/clock.js';
import type { Broker, BrokerContext, BrokerFactory, BrokerListener } from '../../lib/cluster/broker/broker.js';
import { onCleanUp } from './engine-clean-up.js';

export class BrokerInbox implements BrokerListener {
  readonly messages: Buffer[] = [];
  readonly problems: (string | null)[] = [];
  gaps = 0;

  get texts(): string[] {
    return this.messages.map(String);
  }

  received(bytes: Buffer): void {
    this.messages.push(bytes);
  }

  connection(problem: string | null): void {
    this.problems.push(problem);
  }

  gap(): void {
    this.gaps++;
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
