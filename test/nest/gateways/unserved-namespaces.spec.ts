import { Injectable } from '@nestjs/common';
import { Event, Gateway, History, InjectHistory, InjectPresence, memoryBroker, Presence } from 'nest-socketio';
import { describe, expect, it } from 'vitest';
import { serve } from '../../support/nest-rig.js';

@Gateway('/rooms')
class Rooms {
  @Event()
  say(): void {}
}

@Gateway('/shelves/:id')
class Shelves {
  @Event()
  say(): void {}
}

@Injectable()
class Readers {
  constructor(@InjectPresence('/roms') readonly presence: Presence) {}
}

@Injectable()
class Shelf {
  @InjectPresence('/shelves/1') readonly one?: Presence;
  @InjectPresence('/elsewhere') readonly other?: Presence;
  @InjectHistory('/rooms') readonly history?: History;
}

describe('unservedNamespaces', () => {
  it('names the histories and presences of namespaces that no gateway serves', async () => {
    const history = { '*': {}, '/rooms': {}, attic: {}, '/shelves/1': {} };
    const { log } = await serve([Rooms, Shelves, Readers, Shelf], { server: { history } });
    const served = '(served: /rooms, /shelves/:id)';
    expect(log.warnings).toEqual([
      `the option "history" names attic, which no gateway serves, so nothing is kept there: correct the name ${served}`,
      'Readers injects the Presence of /roms, which no gateway serves, so it is always empty: correct the name ' +
        '(did you mean "/rooms"?)',
      `Shelf injects the Presence of /elsewhere, which no gateway serves, so it is always empty: correct the name ${served}`,
    ]);
  });

  it('is silent about a namespace that code has created, and one that another server may serve', async () => {
    @Injectable()
    class Maker {
      constructor(@InjectPresence('/made') readonly presence: Presence) {}
    }
    @Gateway('/rooms')
    class Making {
      afterInit(namespace: { server: { of(name: string): unknown } }): void {
        namespace.server.of('/made');
      }
    }
    const own = await serve([Making, Maker], { server: { history: { '/made': {} } } });
    expect(own.log.warnings).toEqual([]);
    const shared = await serve([Rooms, Readers], { server: { history: { '/other': {} }, broker: memoryBroker() } });
    expect(shared.log.warnings).toEqual([]);
  });
});
