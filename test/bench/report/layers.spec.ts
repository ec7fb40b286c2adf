import { describe, expect, it } from 'vitest';
import { byLayer, longest } from './layers.mjs';

const app = 'file:///app';

function of(functionName: string, url: string, self: number) {
  return { functionName, url, self };
}

describe('byLayer', () => {
  it.each([
    ['writeBuffer', '', 'socket write: the kernel, and C++ around it'],
    ['writeLatin1String', '', 'socket write: the kernel, and C++ around it'],
    ['utf8Write', '', 'text to bytes and back'],
    ['stringify', '', 'JSON'],
    ['concat', '', 'builtins of V8'],
    ['(garbage collector)', '', 'garbage collection'],
    ['(program)', '', 'node: C++, libuv and reading'],
    ['writeGeneric', 'node:internal/stream_base_commons', 'node: net and streams'],
    ['Socket._write', 'node:net', 'node: net and streams'],
    ['onParserExecute', 'node:_http_server', 'node: http'],
    ['emit', 'node:events', 'node: events, ticks, timers, buffers'],
    ['receiverOnMessage', `${app}/node_modules/ws/lib/websocket.js`, 'ws'],
    ['proxy', `${app}/node_modules/@nestjs/websockets/context/ws-proxy.js`, '@nestjs/websockets'],
    ['send', `${app}/node_modules/a/node_modules/ws/lib/sender.js`, 'ws'],
    ['flush', `${app}/dist/engine/connection/connection.js`, 'nest-socketio: engine'],
    ['echo', `${app}/test/bench/servers/nest-socketio.mjs`, 'handlers of the benchmark'],
  ])('puts %s of "%s" into %s', (functionName, url, layer) => {
    expect([...byLayer([of(functionName, url, 5)])]).toEqual([[layer, 5]]);
  });

  it.each(['(idle)', '(root)', 'dispatch'])('leaves out %s', (functionName) => {
    expect(byLayer([of(functionName, '', 5)]).size).toBe(0);
  });

  it('sums the self time of a layer', () => {
    const profile = [of('read', 'node:net', 1), of('write', 'node:net', 2), of('never', 'node:net', 0)];
    expect([...byLayer(profile)]).toEqual([['node: net and streams', 3]]);
  });
});

describe('longest', () => {
  it('names the functions that took most of the time of a layer', () => {
    const profile = [of('a', 'node:net', 1), of('b', 'node:net', 3), of('', 'node:net', 2), of('c', 'node:events', 9)];
    expect(longest(profile, 'node: net and streams', 2)).toEqual(['b', '(anonymous)']);
    expect(longest([of('a', 'node:net', 0)], 'node: net and streams')).toEqual([]);
  });
});
