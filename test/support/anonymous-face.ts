/** The public part of a socket without a client and without a user, for tests of single parts of it. */
import type { DefaultEventsMap } from '../../lib/server/broadcast/event-map.js';
import { SocketFace } from '../../lib/server/socket/socket-face.js';

export abstract class AnonymousFace extends SocketFace<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, unknown> {
  constructor() {
    super(null as never, null as never, undefined);
  }

  abstract override contain(what: string, call: () => unknown): void;

  protected override listenerFailed(): void {}

  get id(): never {
    throw new Error('it is in no namespace here');
  }

  get connected(): never {
    throw new Error('it is in no namespace here');
  }

  get isReachable(): never {
    throw new Error('it has no user here');
  }

  drop(): void {}

  protected sendNotice(): void {}

  protected userIdChanges(): void {}
}
