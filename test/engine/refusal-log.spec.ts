import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { RefusalLog } from '../../lib/engine/refusal-log.js';
import { refusal } from '../../lib/engine/handshake/check-handshake.js';
import { RecordingLog } from '../support/engine-rig.js';

function setUp() {
  const log = new RecordingLog();
  let now = 0;
  const refusals = new RefusalLog(log, () => now);
  const request = { headers: { origin: 'https://a.test', host: 'b.test' } } as IncomingMessage;
  return {
    log,
    wait: (ms: number) => (now += ms),
    write: (refused: ReturnType<typeof refusal>, from = request) => refusals.write(from, refused),
  };
}

describe('write', () => {
  it('has a debug line for everything, in which an error is its message', () => {
    const { log, write } = setUp();
    write(refusal(1, { sid: 'x' }));
    write(refusal(3, { name: 'MIDDLEWARE_FAILURE', error: new Error('x') }));
    expect(log.debugs).toEqual([
      'refused a client: Session ID unknown "{\\"sid\\":\\"x\\"}"',
      'refused a client: Bad request "{\\"name\\":\\"MIDDLEWARE_FAILURE\\",\\"error\\":\\"Error: x\\"}"',
    ]);
    expect(log.warnings).toEqual([]);
  });

  it('warns of long polling and of foreign origins, each once a minute', () => {
    const { log, write, wait } = setUp();
    const polling = refusal(0, {});
    const foreign = refusal(4, { name: 'ORIGIN' });
    for (const refused of [polling, foreign, polling, foreign]) write(refused);
    const first = [
      "a client asked for long polling, which is not served: set transports: ['websocket'] in its options",
      'refused a client from origin "https://a.test": this is "b.test"; to allow it, set cors: { origin: "https://a.test" }',
    ];
    expect(log.warnings).toEqual(first);
    wait(60_000);
    write(polling);
    expect(log.warnings[2]).toBe(`${first[0]} (1 more since the last such line)`);
  });

  it('does without headers', () => {
    const { log, write } = setUp();
    write(refusal(4, { name: 'ORIGIN' }), { headers: {} } as IncomingMessage);
    expect(log.warnings).toEqual([
      'refused a client from origin "": this is ""; to allow it, set cors: { origin: "" }',
    ]);
  });
});
