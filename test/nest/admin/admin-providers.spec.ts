import { Test } from '@nestjs/testing';
import { Gateway, Server, SocketIoModule, type SocketIoModuleOptions } from 'nest-socketio';
import { describe, expect, it } from 'vitest';
import { type AdminOptions } from '../../../lib/nest/admin/admin-options.js';
import { createConsole, createPage } from '../../../lib/nest/admin/admin-providers.js';
import { RecordingLog } from '../../support/engine-rig.js';
import { later } from '../../support/nest-app.js';

class Guard {
  canActivate(): boolean {
    return true;
  }
}

/** Creates the module, and returns its log. */
async function start(admin: boolean | AdminOptions, options: SocketIoModuleOptions = {}, providers: never[] = []) {
  const log = new RecordingLog();
  const imports = [SocketIoModule.forRoot({ ...options, logger: log, admin })];
  const app = await Test.createTestingModule({ imports, providers }).compile();
  later(() => app.close());
  return { log, server: app.get(Server) };
}

describe('the admin page as a part of the module', () => {
  it('is nothing without the option', async () => {
    const { server } = await start(false);
    expect(server.has('/_live')).toBe(false);
    expect(createConsole(null, {} as never)).toBeNull();
    expect(createPage(null, null, server, {} as never)).toBeNull();
  });

  it('works with forRootAsync', async () => {
    const log = new RecordingLog();
    const useFactory = () => ({ logger: log });
    const imports = [SocketIoModule.forRootAsync({ useFactory, admin: { path: '/ops', guard: Guard } })];
    const app = await Test.createTestingModule({ imports }).compile();
    later(() => app.close());
    expect(app.get(Server).has('/ops')).toBe(true);
    expect(log.warnings).toEqual([]);
  });

  it('refuses a gateway with its namespace', async () => {
    @Gateway('/_live')
    class LiveGateway {}
    await expect(start({ guard: Guard }, {}, [LiveGateway as never])).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message:
        'option "admin.path" must be no namespace of a gateway, got "/_live": ' +
        "LiveGateway has it: write admin: { path: '/_other' }",
    });
  });

  it('is not served by the gateways of a pattern', async () => {
    @Gateway('/*any')
    class AnyGateway {}
    const { server } = await start({ guard: Guard }, {}, [AnyGateway as never]);
    expect(server.of('/_live').label).toBe('/_live');
  });

  it('warns of a codec that the page cannot speak', async () => {
    const json = { parse: JSON.parse.bind(JSON), stringify: JSON.stringify.bind(JSON) };
    const { log } = await start({ guard: Guard }, { json });
    expect(log.warnings).toEqual([
      'the admin page /_live cannot connect to a server with a parser of its own: remove the option parser or json, ' +
        'or write admin: false',
    ]);
  });

  it('refuses a wrong option when the module is declared', () => {
    expect(() => SocketIoModule.forRoot({ admin: { path: 'live' } })).toThrow('option "admin.path" must start with');
  });
});
