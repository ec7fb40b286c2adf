import { describe, expect, it } from 'vitest';
import { type DeclaredGateway, mergeGatewayOptions } from '../../../lib/nest/gateways/gateway-options.js';
import { RecordingLog } from '../../support/engine-rig.js';

type Options = DeclaredGateway['options'];

/** The options of a server whose gateways, named A, B and so on, ask for these. */
function merge(asked: Options[], own: Parameters<typeof mergeGatewayOptions>[1] = {}) {
  const log = new RecordingLog();
  const gateways = asked.map((options, index) => ({ name: 'ABC'[index] as string, port: 0, options }));
  return { options: mergeGatewayOptions(gateways, own, log), warnings: log.warnings };
}

describe('mergeGatewayOptions', () => {
  it('uses the options that any gateway sets, except namespace and path', () => {
    expect(merge([{ pingInterval: 1, path: '/a', namespace: 'a' }, { pingTimeout: 2, pingInterval: 1 }, {}])).toEqual({
      options: { pingInterval: 1, pingTimeout: 2 },
      warnings: [],
    });
  });

  it('ignores undefined options', () => {
    expect(merge([{ pingInterval: undefined }, { pingInterval: 1 }]).options).toEqual({ pingInterval: 1 });
  });

  it.each([
    [{}, { origin: '*' }],
    [true, { origin: '*' }],
    [{ credentials: true }, { origin: '*', credentials: true }],
    [{ origin: ['http://a'] }, { origin: ['http://a'] }],
  ])('reads cors %j as the package cors does', (cors, origin) => {
    expect(merge([{ cors }]).options).toEqual({ cors: origin });
  });

  it('prefers the options of the module, and logs a warning', () => {
    expect(merge([{ pingInterval: 1, pingTimeout: 2 }], { pingInterval: 9, pingTimeout: 2 })).toEqual({
      options: { pingInterval: 9, pingTimeout: 2 },
      warnings: [
        expect.stringMatching(
          /^@WebSocketGateway\(\) of A and SocketIoModule\.forRoot\(\) both set pingInterval.*of forRoot\(\) is used/,
        ),
      ],
    });
  });

  it('refuses a contradiction, and names both', () => {
    expect(() => merge([{ cors: { origin: 'http://a' } }, {}, { cors: { origin: 'http://b' } }])).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining('of A and of C') }),
    );
  });

  it('warns of long polling once', () => {
    const { options, warnings } = merge([{ transports: ['polling', 'websocket'] }, { transports: ['websocket'] }]);
    expect(options).toEqual({});
    expect(warnings).toEqual([expect.stringMatching(/of A lists long polling/)]);
  });

  it('refuses transports without WebSocket, and names the gateway', () => {
    expect(() => merge([{}, { transports: ['polling'] }])).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        message: `@WebSocketGateway() of B: option "transports" must be ['websocket'], got ["polling"]: only WebSocket is served`,
      }),
    );
  });

  it('leaves out what means nothing here, and says so unless it is switched off', () => {
    const { options, warnings } = merge([{ allowEIO3: true, serveClient: false, pingIntervall: 1 }]);
    expect(options).toEqual({ serveClient: false });
    expect(warnings).toEqual([
      expect.stringMatching(/^@WebSocketGateway\(\) of A sets allowEIO3, but clients of Socket\.IO 2 are not served/),
      expect.stringMatching(/"pingIntervall" \(did you mean "pingInterval"\?\): it is ignored$/),
    ]);
  });
});
