import { Injectable, Module, type ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { Emitter } from '@socket.io/redis-emitter';
import {
  Broadcaster,
  createCluster,
  getBroadcasterToken,
  InjectBroadcaster,
  memoryBroker,
  type PublishedEmitter,
  Server,
  SocketIoEmitterModule,
  type SocketIoEmitterOptionsFactory,
  SocketIoModule,
} from 'nest-socketio';
import { describe, expect, it, vi } from 'vitest';
import { messages } from '../../../lib/nest/messages.js';
import { RecordingLog, turn } from '../../support/engine-rig.js';
import { later } from '../../support/nest-app.js';

/** The published emitter of Redis, with what it publishes; as JSON, not msgpack. */
function recorder() {
  const published: [channel: string, message: string][] = [];
  const client = { publish: (channel: string, message: string) => published.push([channel, message]) };
  const emitter = new Emitter(client, { parser: { encode: (message) => JSON.stringify(message) } });
  return { published, emitter };
}

@Injectable()
class Clock {
  constructor(
    readonly everybody: Broadcaster,
    @InjectBroadcaster('/chat') readonly chat: Broadcaster,
  ) {}
}

/** An application without an HTTP server. */
async function work(metadata: ModuleMetadata) {
  @Module(metadata)
  class WorkerModule {}
  const app = await NestFactory.createApplicationContext(WorkerModule, { logger: false, abortOnError: false });
  later(() => app.close());
  return app;
}

const SAID = (nsp: string) =>
  `["emitter",{"type":2,"data":["said",1],"nsp":"${nsp}"},{"rooms":[],"flags":{},"except":[]}]`;

describe('SocketIoEmitterModule', () => {
  it('provides broadcasters to the application', async () => {
    const { emitter, published } = recorder();
    const app = await work({ imports: [SocketIoEmitterModule.forRoot({ emitter })], providers: [Clock] });
    const { everybody, chat } = app.get(Clock);
    everybody.emit('said', 1);
    chat.emit('said', 1);
    chat.of('news').emit('said', 1);
    expect(chat.serverSideEmit('tick')).toBe(true);
    expect(published).toEqual([
      ['socket.io#/#', SAID('/')],
      ['socket.io#/chat#', SAID('/chat')],
      ['socket.io#/news#', SAID('/news')],
      ['socket.io-request#/chat#', '{"uid":"emitter","type":6,"data":["tick"]}'],
    ]);
    expect(app.get(Broadcaster)).toBe(everybody);
    expect(app.get(getBroadcasterToken('/chat'))).toBe(chat);
  });

  it('joins a cluster with the option broker', async () => {
    const broker = memoryBroker();
    const server = new Server({ broker: createCluster(broker), logger: new RecordingLog() });
    later(() => server.close());
    await server.joinCluster();
    const app = await work({ imports: [SocketIoEmitterModule.forRoot({ broker })], providers: [Clock] });
    await expect.poll(() => server.cluster.nodes.map(({ serves }) => serves)).toEqual([true, false]);
    const { everybody, chat } = app.get(Clock);
    expect(await everybody.fetchSockets()).toEqual([]);
    expect(await chat.emitWithAck('ask')).toEqual([]);
    await app.close();
    await expect.poll(() => server.cluster.nodes.length).toBe(1);
  });

  it('refuses both a broker and an emitter', async () => {
    const { emitter } = recorder();
    const app = work({ imports: [SocketIoEmitterModule.forRoot({ emitter, broker: memoryBroker() })] });
    await expect(app).rejects.toMatchObject({ code: 'INVALID_OPTION', message: messages.brokerAndEmitter() });
  });

  it('throws if an answer would be needed', async () => {
    const { emitter, published } = recorder();
    const app = await work({ imports: [SocketIoEmitterModule.forRoot({ emitter })] });
    const refusal = expect.objectContaining({ code: 'EMIT_ONLY' });
    expect(() => app.get(Broadcaster).emit('ask', () => {})).toThrow(refusal);
    await expect(app.get<Broadcaster>(Broadcaster).to('ann').call('ask')).rejects.toThrow(refusal);
    expect(published).toEqual([]);
  });

  it('takes its options from a factory, a class or a provider', async () => {
    const { emitter, published } = recorder();
    @Injectable()
    class Options implements SocketIoEmitterOptionsFactory {
      createSocketIoEmitterOptions = () => ({ emitter });
    }
    @Module({ providers: [Options], exports: [Options] })
    class OptionsModule {}
    for (const how of [
      { useFactory: () => Promise.resolve({ emitter }) },
      { useClass: Options },
      { imports: [OptionsModule], useExisting: Options },
    ]) {
      const app = await work({ imports: [SocketIoEmitterModule.forRootAsync(how)], providers: [Clock] });
      app.get(Clock).chat.emit('said', 1);
    }
    const said = ['socket.io#/chat#', SAID('/chat')];
    expect(published).toEqual([said, said, said]);
  });

  it('provides the broadcasters of a module that is loaded later', async () => {
    const { emitter, published } = recorder();
    const imports = [SocketIoEmitterModule.forRoot({ emitter }), SocketIoEmitterModule.forFeature('/late', 'late')];
    const app = await work({ imports });
    app.get<Broadcaster>(getBroadcasterToken('/late'), { strict: false }).emit('said', 1);
    expect(published).toEqual([['socket.io#/late#', SAID('/late')]]);
  });

  it('provides them only to modules that import it if isGlobal is false', async () => {
    const { emitter } = recorder();
    @Module({ providers: [Clock] })
    class Elsewhere {}
    const imports = [SocketIoEmitterModule.forRoot({ emitter, isGlobal: false }), Elsewhere];
    await expect(work({ imports })).rejects.toThrow('Broadcaster');
  });

  it('can be replaced in a test', async () => {
    const emit = vi.fn();
    const testing = await Test.createTestingModule({
      imports: [SocketIoEmitterModule.forRoot({ emitter: recorder().emitter })],
      providers: [Clock],
    })
      .overrideProvider(Broadcaster)
      .useValue({ emit })
      .compile();
    testing.get(Clock).everybody.emit('said', 1);
    expect(emit).toHaveBeenCalledWith('said', 1);
  });

  it('logs an asynchronous failure', async () => {
    const gone = new Error('Connection is closed.');
    const emitter = { of: () => emitter, to() {}, except() {}, emit: () => Promise.reject(gone) };
    const logger = new RecordingLog();
    const options = { emitter: emitter as unknown as PublishedEmitter, logger };
    const app = await work({ imports: [SocketIoEmitterModule.forRoot(options)] });
    app.get(Broadcaster).emit('said');
    await turn();
    expect(logger.errors).toEqual([['emit failed: the clients were not reached', gone]]);
  });

  it.each([
    [{ emitters: recorder().emitter }, 'SocketIoEmitterModule has no option "emitters" (did you mean "emitter"?)'],
    [{ emitter: {} }, 'option "emitter" must be a Socket.IO emitter'],
    [{}, 'option "emitter" must be a Socket.IO emitter'],
  ])('does not start with %j', async (options, message) => {
    const imports = [SocketIoEmitterModule.forRoot(options as never)];
    await expect(work({ imports })).rejects.toThrow(message);
  });

  it('does not start together with SocketIoModule', async () => {
    const imports = [SocketIoModule.forRoot(), SocketIoEmitterModule.forRoot({ emitter: recorder().emitter })];
    await expect(work({ imports })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('remove SocketIoEmitterModule'),
    });
  });
});

describe('SocketIoModule without an HTTP server', () => {
  it('is named in the error of a Broadcaster without clients', async () => {
    const app = await work({ imports: [SocketIoModule.forRoot()] });
    expect(() => app.get(Broadcaster).emit('said')).toThrow(
      expect.objectContaining({ message: expect.stringContaining('import SocketIoEmitterModule instead') }),
    );
  });
});
