/** Gateways of modules that `LazyModuleLoader` loads. */
import { EventEmitter, once } from 'node:events';
import { Inject, Injectable, Module, type OnModuleInit, Scope, type Type } from '@nestjs/common';
import { LazyModuleLoader, REQUEST } from '@nestjs/core';
import { MessageBody, SubscribeMessage, WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import {
  Broadcaster,
  Event,
  Gateway,
  InjectBroadcaster,
  Namespace,
  NamespaceParam,
  OnConnect,
  Server,
  type Socket,
  SocketIoModule,
} from 'nest-socketio';
import { describe, expect, it } from 'vitest';
import { ask, entered, type Rig, serve } from '../../support/nest-rig.js';

/** A module with these providers that has not been loaded yet. */
function moduleOf(...providers: Type[]): Type {
  @Module({ providers })
  class LateModule {}
  return LateModule;
}

const load = ({ app }: Pick<Rig, 'app'>, module: Type) => app.get(LazyModuleLoader).load(() => module);

describe('a gateway of a module that is loaded after the start', () => {
  it('serves, and is wired as Nest wires others', async () => {
    @Gateway('/late')
    class Late {
      @WebSocketServer() readonly server: unknown;
      readonly inits: unknown[] = [];

      afterInit(server: unknown): void {
        this.inits.push(server);
      }

      @OnConnect()
      enter(client: Socket): void {
        client.data.entered = true;
      }

      @Event()
      say(client: Socket, text: string): unknown {
        return [text, client.data.entered];
      }
    }
    const rig = await serve([]);
    const reference = await load(rig, moduleOf(Late));
    const { server, inits } = reference.get(Late);
    expect(server).toBe(rig.app.get(Server).of('/late'));
    expect(inits).toEqual([server]);
    expect(await ask(await rig.join('/late'), 'say', 'hello')).toEqual([['hello', true]]);
    expect(rig.log.debugs).toContain('Late serves /late: connect, "say"');
  });

  it('may be one of those written for Nest, of the namespace "/"', async () => {
    @WebSocketGateway()
    class Late {
      @WebSocketServer() readonly server!: Server;

      handleConnection(client: Socket): void {
        client.emit('welcome', this.server instanceof Server);
      }

      @SubscribeMessage('say')
      say(@MessageBody() text: string): string {
        return text;
      }
    }
    const rig = await serve([]);
    await load(rig, moduleOf(Late));
    const client = rig.connect();
    const welcome = new Promise((resolve) => client.once('welcome', resolve));
    await entered(client);
    expect(await welcome).toBe(true);
    expect(await ask(client, 'say', 'hello')).toEqual(['hello']);
  });

  it.each([Scope.REQUEST, Scope.TRANSIENT])('has one instance per connection in scope %s', async (scope) => {
    @Injectable({ scope })
    class Visit {
      clicks = 0;
    }

    @Gateway('/late')
    class Late {
      @WebSocketServer() readonly server: unknown;
      #inits = 0;

      constructor(
        private readonly visit: Visit,
        @Inject(REQUEST) private readonly client: Socket,
      ) {}

      afterInit(): void {
        this.#inits++;
      }

      @Event()
      click(): unknown {
        return [this.client.id, ++this.visit.clicks, this.#inits, this.server instanceof Namespace];
      }
    }
    const rig = await serve([]);
    await load(rig, moduleOf(Visit, Late));
    const [one, other] = [await rig.join('/late'), await rig.join('/late')];
    await ask(one, 'click');
    expect(await ask(one, 'click')).toEqual([[one.id, 2, 1, true]]);
    expect(await ask(other, 'click')).toEqual([[other.id, 1, 1, true]]);
  });

  it('serves clients that are in its namespace already', async () => {
    @Gateway('/chat')
    class Chat {
      @Event() say(): string {
        return 'said';
      }
    }

    @Gateway('/chat')
    class Late {
      @Event() shout(): string {
        return 'shouted';
      }
    }
    const rig = await serve([Chat]);
    const client = await rig.join('/chat');
    await load(rig, moduleOf(Late));
    expect([await ask(client, 'say'), await ask(client, 'shout')]).toEqual([['said'], ['shouted']]);
  });

  it('may serve a pattern; a namespace of one that is there keeps what it has', async () => {
    @Gateway('/rooms/:id')
    class Rooms {
      @Event() where(): string {
        return 'here';
      }
    }

    @Gateway('/rooms/:name')
    class Late {
      @Event() who(@NamespaceParam('name') name: string): string {
        return name;
      }
    }
    const rig = await serve([Rooms]);
    const early = await rig.join('/rooms/1');
    await load(rig, moduleOf(Late));
    const late = await rig.join('/rooms/2');
    expect([await ask(late, 'where'), await ask(late, 'who')]).toEqual([['here'], ['2']]);
    expect(await ask(early, 'who')).toMatchObject([{ error: { code: 'unknown_event' } }]);
    expect(await ask(early, 'where')).toEqual(['here']);
  });

  it('serves once, however often its module is loaded', async () => {
    let inits = 0;

    @Gateway('/late')
    class Late {
      afterInit(): void {
        inits++;
      }

      @Event() say(): string {
        return 'said';
      }
    }
    const rig = await serve([]);
    const late = moduleOf(Late);
    await Promise.all([load(rig, late), load(rig, late)]);
    await load(rig, late);
    expect(inits).toBe(1);
    expect(await ask(await rig.join('/late'), 'say')).toEqual(['said']);
  });

  it('waits until it is made, whatever else is loaded meanwhile', async () => {
    const door = new EventEmitter();
    const opened = once(door, 'open');

    @Gateway('/slow')
    class Slow {
      constructor(@Inject('door') private readonly word: string) {}

      @Event() say(): string {
        return this.word;
      }
    }

    @Module({ providers: [Slow, { provide: 'door', useFactory: () => opened.then(([word]: string[]) => word) }] })
    class SlowModule {}

    @Gateway('/quick')
    class Quick {
      @Event() say(): string {
        return 'quick';
      }
    }
    const rig = await serve([]);
    const slow = load(rig, SlowModule);
    await load(rig, moduleOf(Quick));
    expect(await ask(await rig.join('/quick'), 'say')).toEqual(['quick']);
    door.emit('open', 'come in');
    await slow;
    expect(await ask(await rig.join('/slow'), 'say')).toEqual(['come in']);
  });

  it('serves when it was loaded while the application starts', async () => {
    @Gateway('/late')
    class Late {
      @WebSocketServer() readonly server: unknown;

      @Event() say(): boolean {
        return this.server instanceof Namespace;
      }
    }

    @Injectable()
    class Starter implements OnModuleInit {
      constructor(private readonly loader: LazyModuleLoader) {}

      async onModuleInit(): Promise<void> {
        await this.loader.load(() => moduleOf(Late));
      }
    }
    const { join } = await serve([Starter]);
    expect(await ask(await join('/late'), 'say')).toEqual([true]);
  });
});

describe('load()', () => {
  it.each([
    [
      'a second handler of an event',
      () => {
        @Gateway('/chat')
        class Late {
          @Event() say(): void {}
        }
        return Late;
      },
      { code: 'DUPLICATE_HANDLER', message: expect.stringContaining('Chat.say and Late.say') as string },
    ],
    [
      'a handler outside of a gateway',
      () => {
        class Late {
          @Event() say(): void {}
        }
        return Late;
      },
      { code: 'INVALID_HANDLER', message: expect.stringContaining('Late is not a gateway') as string },
    ],
    [
      'a port of its own',
      () => {
        @WebSocketGateway(81, { path: '/other' })
        class Late {}
        return Late;
      },
      {
        code: 'ALREADY_SERVING',
        message: expect.stringContaining('Late sets port 81 and path /other, but') as string,
      },
    ],
    [
      'a path of its own',
      () => {
        @WebSocketGateway({ path: '/other' })
        class Late {}
        return Late;
      },
      { code: 'ALREADY_SERVING', message: expect.stringContaining('Late sets path /other, but') as string },
    ],
    [
      'afterInit() that fails',
      () => {
        @WebSocketGateway()
        class Late {
          async afterInit(): Promise<void> {
            throw new Error('no database');
          }
        }
        return Late;
      },
      { message: 'no database' },
    ],
  ])('rejects for %s', async (_what, late, error) => {
    @Gateway('/chat')
    class Chat {
      @Event() say(): string {
        return 'said';
      }
    }
    const rig = await serve([Chat]);
    await expect(load(rig, moduleOf(late()))).rejects.toMatchObject(error);
    expect(await ask(await rig.join('/chat'), 'say')).toEqual(['said']);
    await expect(load(rig, moduleOf())).resolves.toBeDefined();
  });

  it('rejects for a Broadcaster without a provider, and names the line to write', async () => {
    const rig = await serve([]);

    @Injectable()
    class Late {
      constructor(@InjectBroadcaster('/unknown') readonly late: Broadcaster) {}
    }
    const failure = await load(rig, moduleOf(Late)).then(String, (error: Error) => error.message);
    expect(failure).toContain(
      "Broadcaster of /unknown (SocketIoModule.forRoot() provides it; in a module that is loaded later, forFeature('/unknown'))",
    );
  });

  it('provides the Broadcaster by forFeature()', async () => {
    @Gateway('/feature')
    class Chat {}
    const rig = await serve([Chat]);

    @Injectable()
    class Late {
      constructor(@InjectBroadcaster('/feature') readonly late: Broadcaster) {}
    }

    @Module({ imports: [SocketIoModule.forFeature('/feature')], providers: [Late] })
    class LateModule {}
    const client = await rig.join('/feature');
    const news = new Promise((resolve) => client.once('news', resolve));
    (await load(rig, LateModule)).get(Late).late.emit('news', 1);
    expect(await news).toBe(1);
  });

  it('logs the options that come too late', async () => {
    @WebSocketGateway({ pingInterval: 10, transports: ['websocket'] })
    class Late {}
    const rig = await serve([]);
    await load(rig, moduleOf(Late));
    expect(rig.log.warnings).toEqual([expect.stringContaining('of Late sets pingInterval')]);
  });
});
