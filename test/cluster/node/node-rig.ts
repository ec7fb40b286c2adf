/** A node of a cluster without a server, over a broker whose messages a test sees and sends. */
import { type Broker, BrokerFactory, type BrokerListener } from '../../../lib/cluster/broker/broker.js';
import { Bulletin } from '../../../lib/cluster/bulletin/bulletin.js';
import { BulletinWriter } from '../../../lib/cluster/bulletin/bulletin-writer.js';
import { decodeMessage, encodeMessage, type MessageKind } from '../../../lib/cluster/node/messages.js';
import { resolveLimits } from '../../../lib/engine/internal.js';
import { codecOf, DEFAULT_PACKET_LIMITS } from '../../../lib/protocol/internal.js';
import { BrokerLink } from '../../../lib/server/broker/broker-link.js';
import { Channels, type ClusterHost } from '../../../lib/server/internal.js';
import { RecordingLog } from '../../support/engine-rig.js';
import { ManualClock } from '../../support/manual-clock.js';

export type FakeHost = ClusterHost & { readonly clock: ManualClock; readonly log: RecordingLog };

export function fakeHost(options: Partial<ClusterHost> = {}): FakeHost {
  const clock = new ManualClock();
  const log = new RecordingLog();
  const limits = resolveLimits({});
  return {
    clock,
    log,
    limits,
    link: new BrokerLink({ limits, clock, logger: log, limitReport: { reached: () => true } }),
    codec: codecOf(DEFAULT_PACKET_LIMITS, undefined, undefined),
    codecName: 'standard',
    recovery: null,
    history: null,
    serves: true,
    instruments: null,
    channels: new Channels(() => null),
    adapterOf: () => undefined,
    disconnectUser: () => {},
    ...options,
  } as FakeHost;
}

/** The broker of one node. */
export class FakeBroker extends BrokerFactory {
  readonly engine = 'Fake';
  readonly keepsEvents = false;
  /** What the node has published. */
  readonly published: Buffer[] = [];
  listener: BrokerListener | null = null;
  closed = 0;
  /** Resolves when the broker is connected. */
  opened: Promise<void> = Promise.resolve();
  publish: (bytes: Buffer) => Promise<void> = () => Promise.resolve();

  override create(): Promise<Broker> {
    return Promise.resolve({
      store: null,
      open: (listener: BrokerListener) => {
        this.listener = listener;
        return this.opened;
      },
      publish: (bytes: Buffer) => {
        this.published.push(bytes);
        return this.publish(bytes);
      },
      close: () => {
        this.closed++;
        return Promise.resolve();
      },
    });
  }

  /** The messages between nodes in what the node has published, and the namespaces of its broadcasts. */
  get messages(): unknown[][] {
    const messages: unknown[][] = [];
    for (const bytes of this.published) {
      Bulletin.read(bytes).visit({
        broadcast: ({ namespace }) => messages.push(['broadcast', namespace]),
        message: (packet) => messages.push([...decodeMessage(packet)]),
      });
    }
    return messages;
  }
}

/** Another node, as the node under test hears it. */
export class Peer {
  readonly writer: BulletinWriter;

  constructor(
    readonly id: string,
    readonly broker: FakeBroker,
  ) {
    this.writer = new BulletinWriter(id, 0);
  }

  say(kind: MessageKind, ...args: readonly unknown[]): void {
    this.writer.message(encodeMessage(kind, args));
    this.broker.listener?.received(this.writer.take(), null);
  }
}
