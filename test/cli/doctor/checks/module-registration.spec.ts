import { describe, expect, it } from 'vitest';
import { moduleRegistration } from '../../../../lib/cli/doctor/checks/module-registration.js';
import { findingsOf, linesOf } from '../facts.js';

const GATEWAY = `import { Event, Gateway } from 'nest-socketio';

@Gateway('/chat')
export class ChatGateway {
  @Event() say() {}
}`;
const MAIN = "import { NestFactory } from '@nestjs/core';";
const registering = (call = 'SocketIoModule.forRoot()'): string =>
  `import { SocketIoModule } from 'nest-socketio';\n@Module({ imports: [${call}] })\nclass AModule {}`;

describe('the check of SocketIoModule', () => {
  it('reports gateways without the module', () => {
    expect(linesOf(moduleRegistration, { files: { 'src/chat.gateway.ts': GATEWAY } })).toEqual([
      'src/chat.gateway.ts:3 problem: The root module must import SocketIoModule.forRoot(), which serves @Gateway(), ' +
        'but no module does. → @Module({ imports: [SocketIoModule.forRoot()], ... })',
    ]);
  });

  it('reports gateways of Nest without the module, unless another platform serves them', () => {
    const code = "import { WebSocketGateway } from '@nestjs/websockets';\n@WebSocketGateway()\nclass A {}";
    expect(findingsOf(moduleRegistration, { files: { 'src/a.gateway.ts': code } })).toMatchObject([{ line: 2 }]);
    const manifest = '{ "dependencies": { "nest-socketio": "*", "@nestjs/platform-ws": "*" } }';
    const files = { 'src/a.gateway.ts': code, 'package.json': manifest };
    expect(findingsOf(moduleRegistration, { files })).toEqual([]);
    expect(findingsOf(moduleRegistration, { files: { ...files, 'package.json': '{}' } })).toEqual([]);
  });

  it.each(['SocketIoModule.forRoot({ cors: {} })', 'SocketIoModule.forRootAsync({ useFactory })'])(
    'accepts %s',
    (call) => {
      const files = { 'src/chat.gateway.ts': GATEWAY, 'src/app.module.ts': registering(call) };
      expect(findingsOf(moduleRegistration, { files })).toEqual([]);
    },
  );

  it('accepts a namespace import and another name', () => {
    const files = {
      'src/chat.gateway.ts': GATEWAY,
      'src/app.module.ts': "import * as io from 'nest-socketio';\nio.SocketIoModule.forRoot();",
    };
    expect(findingsOf(moduleRegistration, { files })).toEqual([]);
    const renamed = "import { SocketIoModule as Sockets } from 'nest-socketio';\nSockets.forRoot();";
    expect(findingsOf(moduleRegistration, { files: { ...files, 'src/app.module.ts': renamed } })).toEqual([]);
  });

  it.each([
    ['the module of another package', "import { SocketIoModule } from 'ngx-socket-io';\nSocketIoModule.forRoot({});"],
    ['forFeature', "import { SocketIoModule } from 'nest-socketio';\nSocketIoModule.forFeature('/chat');"],
    ['a comment', '// SocketIoModule.forRoot() of nest-socketio'],
  ])('does not take %s for it', (_what, code) => {
    const files = { 'src/chat.gateway.ts': GATEWAY, 'src/app.module.ts': code };
    expect(findingsOf(moduleRegistration, { files })).toMatchObject([{ level: 'problem' }]);
  });

  it('reports two modules of one application', () => {
    const files = { 'src/main.ts': MAIN, 'src/app.module.ts': registering(), 'src/chat/chat.module.ts': registering() };
    expect(linesOf(moduleRegistration, { files })).toEqual([
      'src/chat/chat.module.ts:2 problem: An application must import SocketIoModule.forRoot() once, but ' +
        'src/app.module.ts does so, too. → Remove SocketIoModule.forRoot(...) here: the module is global.',
    ]);
  });

  it('hints at them if the folder starts several applications', () => {
    const files = {
      'src/main.ts': MAIN,
      'src/worker.ts': MAIN,
      'src/app.module.ts': registering(),
      'src/worker.module.ts': registering(),
    };
    expect(findingsOf(moduleRegistration, { files })).toMatchObject([{ level: 'hint' }]);
  });

  it('accepts one for each application, and others in tests', () => {
    const files = {
      'apps/a/src/main.ts': MAIN,
      'apps/a/src/a.module.ts': registering(),
      'apps/b/src/main.ts': MAIN,
      'apps/b/src/b.module.ts': registering(),
      'apps/b/src/chat.gateway.spec.ts': registering(),
      'test/app.ts': registering(),
    };
    expect(findingsOf(moduleRegistration, { files })).toEqual([]);
  });
});
