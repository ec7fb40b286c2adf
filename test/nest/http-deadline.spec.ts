import { once } from 'node:events';
import { createServer, type IncomingMessage, get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { limitClosing } from '../../lib/nest/http-deadline.js';
import { RecordingLog } from '../support/engine-rig.js';
import { ManualClock } from '../support/manual-clock.js';

/** A server that answers a request and never ends it, and the answer. */
async function streaming(): Promise<[http: Server, response: IncomingMessage]> {
  const http = createServer((_request, response) => void response.write('begun'));
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const response = await new Promise<IncomingMessage>((resolve) => {
    get({ host: '127.0.0.1', port: (http.address() as AddressInfo).port }, resolve);
  });
  response.on('error', () => {}); // it is cut off
  return [http, response];
}

describe('limitClosing', () => {
  const clock = new ManualClock();
  const log = new RecordingLog();

  it('cuts off what is open when the time is up', async () => {
    const [http, response] = await streaming();
    limitClosing(http, 100, clock, log);
    const closed = once(http, 'close');
    http.close();
    clock.advance(99);
    expect([response.destroyed, log.warnings]).toEqual([false, []]);
    clock.advance(1);
    await closed;
    expect(log.warnings.splice(0)).toEqual([expect.stringContaining('still open 100 ms')]);
  });

  it('has no effect on a server that closes in time, or was never open', async () => {
    const [http, response] = await streaming();
    limitClosing(http, 100, clock, log);
    const closed = once(http, 'close');
    http.close();
    response.destroy();
    await closed;
    expect(clock.timers).toBe(0);
    limitClosing(http, 100, clock, log);
    expect(clock.timers).toBe(0);
    expect(log.warnings).toEqual([]);
  });
});
