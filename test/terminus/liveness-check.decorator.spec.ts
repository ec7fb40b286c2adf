import { Controller, Get, HttpException, ServiceUnavailableException } from '@nestjs/common';
import { LivenessCheck } from 'nest-socketio/terminus';
import { expect, it } from 'vitest';
import { startApp } from '../support/nest-app.js';

const UP = { socketio: { status: 'up' } };
const DOWN = { database: { status: 'down' } };

it.each<[string, unknown, number, unknown]>([
  ['a result', { status: 'ok', details: UP }, 200, { status: 'ok', details: UP }],
  [
    'a failure because of the shutdown',
    new ServiceUnavailableException({ status: 'shutting_down', info: UP, error: {}, details: UP }),
    200,
    { status: 'ok', info: UP, error: {}, details: UP },
  ],
  [
    'a failure during the shutdown',
    new ServiceUnavailableException({ status: 'shutting_down', error: DOWN }),
    503,
    { status: 'shutting_down', error: DOWN },
  ],
  [
    'any other failure',
    new ServiceUnavailableException({ status: 'error', error: DOWN }),
    503,
    { status: 'error', error: DOWN },
  ],
  ['any other exception', new HttpException({ status: 'shutting_down' }, 418), 418, { status: 'shutting_down' }],
])('passes on, or changes, %s', async (_what, outcome, status, body) => {
  @Controller()
  class Health {
    @Get('live')
    @LivenessCheck()
    live(): unknown {
      if (outcome instanceof Error) throw outcome;
      return outcome;
    }
  }
  const { url } = await startApp({ controllers: [Health] });
  const response = await fetch(`${url}/live`);
  expect([response.status, await response.json()]).toEqual([status, body]);
  if (status === 200) expect(response.headers.get('cache-control')).toContain('no-store');
});
