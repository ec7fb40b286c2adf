import { describe, expect, it } from 'vitest';
import { brokers } from '../../../../lib/cli/doctor/checks/brokers.js';
import { findingsOf, linesOf } from '../facts.js';

const EMITTER = "import { Emitter } from '@socket.io/redis-emitter';";
const STREAMS = "import { createAdapter } from '@socket.io/redis-streams-adapter';";
const REDIS = "import { createAdapter } from '@socket.io/redis-adapter';";

describe('the check of brokers', () => {
  it('hints at an adapter without the client of its broker', () => {
    const manifest = '{ "dependencies": {\n  "@socket.io/redis-adapter": "^8.3.0"\n} }';
    expect(linesOf(brokers, { files: { 'package.json': manifest } })).toEqual([
      'package.json:2 hint: @socket.io/redis-adapter needs a client of its broker (redis or ioredis), but package.json ' +
        'has none. → npm install ioredis',
    ]);
  });

  it('accepts either client', () => {
    const manifest = '{ "dependencies": { "@socket.io/redis-adapter": "*", "redis": "*" } }';
    expect(findingsOf(brokers, { files: { 'package.json': manifest } })).toEqual([]);
  });

  it('reports an emitter that the adapter of the servers does not hear', () => {
    expect(linesOf(brokers, { files: { 'src/worker.ts': `\n${EMITTER}`, 'src/app.module.ts': STREAMS } })).toEqual([
      'src/worker.ts:2 problem: Emits of @socket.io/redis-emitter do not reach servers with ' +
        '@socket.io/redis-streams-adapter (src/app.module.ts). → Use @socket.io/redis-adapter in the servers, or emit ' +
        'from a server.',
    ]);
  });

  it('only hints at it if other servers hear it', () => {
    const files = { 'src/worker.ts': EMITTER, 'src/a.module.ts': STREAMS, 'src/b.module.ts': REDIS };
    expect(findingsOf(brokers, { files })).toMatchObject([{ level: 'hint' }]);
  });

  it('accepts the emitter with its own adapter', () => {
    expect(findingsOf(brokers, { files: { 'src/worker.ts': EMITTER, 'src/app.module.ts': REDIS } })).toEqual([]);
  });

  it('hints at a client that waits for Redis at the end', () => {
    const code = 'const redis = new Redis(url, {\n  maxRetriesPerRequest: null,\n});\nawait redis.quit();';
    expect(linesOf(brokers, { files: { 'src/broker.ts': code } })).toEqual([
      'src/broker.ts:4 hint: With maxRetriesPerRequest: null, quit() waits until Redis is back, and so does the end of the ' +
        'process. → redis.disconnect()',
    ]);
    expect(findingsOf(brokers, { files: { 'src/broker.ts': code.replace('quit', 'disconnect') } })).toEqual([]);
    expect(findingsOf(brokers, { files: { 'src/broker.ts': `${code}\nredis.disconnect();` } })).toEqual([]);
    expect(findingsOf(brokers, { files: { 'src/broker.ts': code.replace('null', '20') } })).toEqual([]);
  });
});
