/** The examples of docs/health.md do what the page says. */
import { beforeAll, describe, expect, it } from 'vitest';
import { READINESS_DEFAULTS } from '../../lib/terminus/readiness.js';
import { LIVENESS_DEFAULTS } from '../../lib/terminus/socket-io-health.indicator.js';
import { SOON } from '../support/events.js';
import { Examples } from '../support/examples.js';
import { startApp } from '../support/nest-app.js';

describe('health.md', () => {
  const examples = new Examples('docs/health.md');
  beforeAll(() => examples.compile());

  it('shows a controller with both checks', async () => {
    const { AppModule } = await examples.load<'AppModule'>('app.module');
    const { url } = await startApp({ imports: [AppModule] });
    for (const check of ['live', 'ready']) {
      const probe = async (): Promise<[number, unknown]> => {
        const response = await fetch(`${url}/health/${check}`);
        return [response.status, await response.json()];
      };
      // The start of the application may have kept the event loop busy.
      await expect.poll(probe, SOON).toMatchObject([200, { details: { socketio: { status: 'up' } } }]);
    }
  });

  it('lists the defaults of the options', () => {
    const rows = [...examples.text.matchAll(/^\| `(\w+)` \| `(.*?)` \|/gm)];
    const listed = Object.fromEntries(
      rows.map(([, name = '', value = '']) => [name, JSON.parse(value.replaceAll("'", '"')) as unknown]),
    );
    expect(listed).toEqual({ ...LIVENESS_DEFAULTS, ...READINESS_DEFAULTS });
  });
});
