/** The option `serialize` with class-transformer, next to Nest's interceptor for acknowledgements. */
import { ClassSerializerInterceptor, UseInterceptors } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { ConnectedSocket } from '@nestjs/websockets';
import { Exclude, instanceToPlain } from 'class-transformer';
import { Broadcaster, Event, Gateway, type Socket, SocketIoEmitterModule } from 'nest-socketio';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from 'vitest';
import { later, next } from '../support/nest-app.js';
import { ask, serve } from '../support/nest-rig.js';

class User {
  readonly name = 'Ann';

  @Exclude()
  readonly password = 'secret';
}

@Gateway()
class Users {
  constructor(private readonly broadcaster: Broadcaster) {}

  @Event()
  find(@ConnectedSocket() client: Socket): User {
    client.emit('one', { user: new User() });
    this.broadcaster.emit('all', [new User()]);
    return new User();
  }
}

@Gateway('/own')
@UseInterceptors(ClassSerializerInterceptor)
class Own {}

@Gateway('/none')
class None {}

const SERIALIZED = { provide: APP_INTERCEPTOR, useClass: ClassSerializerInterceptor };

describe('the option serialize', () => {
  it('leaves out of events what class-transformer excludes, as the interceptor does in acknowledgements', async () => {
    const { join, log } = await serve([Users, SERIALIZED], { server: { serialize: instanceToPlain } });
    const client = await join();
    const events = [next(client, 'one'), next(client, 'all')];
    expect(await ask(client, 'find')).toEqual([{ name: 'Ann' }]);
    expect(await Promise.all(events)).toEqual([[{ user: { name: 'Ann' } }], [[{ name: 'Ann' }]]]);
    expect(log.warnings).toEqual([]);
  });

  it('applies to acknowledgements without the interceptor too', async () => {
    const { join } = await serve([Users], { server: { serialize: instanceToPlain } });
    expect(await ask(await join(), 'find')).toEqual([{ name: 'Ann' }]);
  });

  it.each([
    ['for the application', [Users, SERIALIZED], 'Users'],
    ['on a gateway', [None, Own], 'Own'],
  ])('is hinted at if the interceptor is set up %s', async (_where, providers, name) => {
    const { log } = await serve(providers);
    expect(log.warnings).toEqual([
      expect.stringMatching(
        new RegExp(`^ClassSerializerInterceptor applies to the acknowledgements of ${name}, but not to the events`),
      ),
    ]);
  });

  it('is not hinted at if it is false, or without the interceptor', async () => {
    expect((await serve([Users, SERIALIZED], { server: { serialize: false } })).log.warnings).toEqual([]);
    expect((await serve([Users])).log.warnings).toEqual([]);
  });

  it('applies to the events of a process that only sends', async () => {
    const sent: unknown[] = [];
    const emitter = {
      of: () => emitter,
      to: () => emitter,
      except: () => emitter,
      emit: (...event: unknown[]) => sent.push(event),
    };
    const testing = await Test.createTestingModule({
      imports: [SocketIoEmitterModule.forRoot({ emitter: emitter as never, serialize: instanceToPlain })],
    }).compile();
    later(() => testing.close());
    testing.get(Broadcaster).emit('all', new User());
    expect(sent).toEqual([['all', { name: 'Ann' }]]);
  });
});
