/** A fake of a broker that keeps sessions and events. */
import { ClusterAdapter } from 'socket.io-adapter';
import type { PublishedAdapterFactory } from '../../lib/server/internal.js';
import { type Deferred, deferred } from './server-rig.js';

/** A broker whose answers the test controls: it records published events, keeps sessions and restores them. */
export class RecoveryBroker {
  readonly published: Deferred<string>[] = [];
  readonly sessions = new Map<string, { sid: string; pid: string; rooms: string[]; data: unknown }>();
  /** The events that a client has missed when it resumes. */
  missed: unknown[][] = [];
  restored: Promise<void> = Promise.resolve();

  /** Confirms the oldest published event, with its offset. */
  answer(offset: string): void {
    this.published.shift()?.resolve(offset);
  }

  readonly adapter: PublishedAdapterFactory = (() => {
    // oxlint-disable-next-line typescript/no-this-alias -- the class below has a `this` of its own
    const broker = this;
    return class extends ClusterAdapter {
      protected override doPublish(): Promise<string> {
        const asked = deferred<string>();
        broker.published.push(asked);
        return asked.promise;
      }
      protected override doPublishResponse(): Promise<void> {
        return Promise.resolve();
      }
      override persistSession(session: never): void {
        broker.sessions.set((session as { pid: string }).pid, structuredClone(session));
      }
      override async restoreSession(pid: string): Promise<never> {
        await broker.restored;
        const session = broker.sessions.get(pid);
        if (!broker.sessions.delete(pid)) throw new Error('session not found');
        return { ...session, missedPackets: broker.missed } as never;
      }
    } as never;
  })();
}
