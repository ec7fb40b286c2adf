import {
  BadRequestException,
  Catch,
  type ExceptionFilter,
  ForbiddenException,
  Inject,
  Injectable,
  Scope,
} from '@nestjs/common';
import { APP_FILTER, REQUEST } from '@nestjs/core';
import { Event, Gateway, OnConnect, type Socket } from 'nest-socketio';
import { beforeEach, describe, expect, it } from 'vitest';
import { ask, refused, serve } from '../../support/nest-rig.js';

/** The ids of the clients for which a filter was made. */
const made: string[] = [];

@Injectable({ scope: Scope.REQUEST })
@Catch(BadRequestException)
class PerClient implements ExceptionFilter {
  readonly #client: Socket;

  constructor(@Inject(REQUEST) client: Socket) {
    made.push(client.id);
    this.#client = client;
  }

  catch(exception: BadRequestException): unknown {
    return `${exception.message} of ${this.#client.id}`;
  }
}

@Injectable({ scope: Scope.REQUEST })
@Catch()
class Unmakeable implements ExceptionFilter {
  constructor() {
    throw new Error('no database');
  }

  catch(): void {}
}

@Gateway()
class Chat {
  @OnConnect()
  enter(): void {}

  @Event()
  say(): string {
    return 'said';
  }

  @Event()
  bad(): void {
    throw new BadRequestException('bad');
  }

  @Event()
  worse(): void {
    throw new BadRequestException('worse');
  }

  @Event()
  forbidden(): void {
    throw new ForbiddenException('no');
  }
}

@Gateway('/closed')
class Closed {
  @OnConnect()
  enter(): void {
    throw new BadRequestException('closed');
  }
}

beforeEach(() => void made.splice(0));

describe('a request-scoped APP_FILTER', () => {
  it('is made when a call of a client fails, once for each client', async () => {
    const { join } = await serve([Chat, { provide: APP_FILTER, useClass: PerClient }]);
    const [one, two] = [await join(), await join()];
    expect(await ask(one, 'say')).toEqual(['said']);
    expect(made).toEqual([]);

    expect(await ask(one, 'bad')).toEqual([`bad of ${one.id}`]);
    expect(await ask(one, 'worse')).toEqual([`worse of ${one.id}`]);
    expect(await ask(two, 'bad')).toEqual([`bad of ${two.id}`]);
    expect(made).toEqual([one.id, two.id]);
  });

  it('catches only what it declares, and lets no client in', async () => {
    const { connect, join } = await serve([Chat, Closed, { provide: APP_FILTER, useClass: PerClient }]);
    expect(await ask(await join(), 'forbidden')).toEqual([
      { error: { code: 'forbidden', status: 403, message: 'no' } },
    ]);
    expect(await refused(connect('/closed'))).toEqual({
      message: 'Connection refused',
      data: expect.stringMatching(/^closed of /),
    });
  });

  it('refuses no client if it cannot be made, and is left out', async () => {
    const { join, log } = await serve([Chat, { provide: APP_FILTER, useClass: Unmakeable }], {
      prepare: (app) => app.useGlobalFilters({ catch: () => 'the other filter' }),
    });
    const client = await join();
    expect(await ask(client, 'say')).toEqual(['said']);
    expect(log.errors).toEqual([]);
    expect(await ask(client, 'bad')).toEqual(['the other filter']);
    expect(log.errors).toEqual([
      [expect.stringContaining('APP_FILTER could not be made'), expect.objectContaining({ message: 'no database' })],
    ]);
  });
});
