/** The public part of a socket without a client and without a user, for tests of single parts of it. */
import type { DefaultEventsMap } from '../../lib/server/broadcast/event-map.js';
import { SocketFace } from '../../lib/server/socket/socket-face.js';

export abstract class AnonymousFace extends SocketFace<DefaultEventsMap, DefaultEventsMap, unknown> {
  constructor() {
    super(null as never, undefined);
  }

  protected listenerFailed(): void {}

  get isReachable(): never {
    throw new Error('it has no user here');
  }

  protected get identified(): never {
    throw new Error('it has no user here');
  }

  protected get registry(): never {
    throw new Error('it has no user here');
  }

  protected userIdChanges(): void {}
}
