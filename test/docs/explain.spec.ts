/** The examples of docs/explain.md do what the page says. */
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { DeliveryOutcome, Explanation } from 'nest-socketio';
import { JOURNAL_DEFAULTS } from '../../lib/server/telemetry/telemetry-options.js';
import { Examples } from '../support/examples.js';
import { next, startApp } from '../support/nest-app.js';

const examples = new Examples('docs/explain.md');

beforeAll(() => examples.compile());

/** All outcomes, complete by their type. */
const OUTCOMES: Readonly<Record<DeliveryOutcome, true>> = {
  sent: true,
  not_connected: true,
  not_selected: true,
  excluded: true,
  dropped: true,
  other_server: true,
};

describe('docs/explain.md', () => {
  it('has a route that tells operators why Bob did not get a message', async () => {
    vi.stubEnv('OPERATOR_TOKEN', 'sesame');
    const { AppModule } = await examples.load<'AppModule'>('app.module');
    const { url, connect } = await startApp({ imports: [AppModule] });
    const [ann, bob] = [connect('/chat', { auth: { name: 'ann' } }), connect('/chat', { auth: { name: 'bob' } })];
    await Promise.all([ann.emitWithAck('join', 'den'), bob.emitWithAck('join', 'den')]);
    const heard = next(bob, 'message');
    await ann.emitWithAck('say', 'den', 'one');
    expect(await heard).toEqual(['one']);
    await bob.emitWithAck('leave', 'den');
    await ann.emitWithAck('say', 'den', 'two');

    const ask = async (authorization: string): Promise<Response> =>
      await fetch(`${url}/explain?room=den&who=bob`, { headers: { authorization } });
    const [allowed, forbidden] = await Promise.all([ask('Bearer sesame'), ask('Bearer guess')]);
    expect(forbidden.status).toBe(403);
    const shown = /```text\n(.*?)```/s.exec(examples.text)?.[1]?.trim();
    expect(withoutDetails(await allowed.text())).toBe(withoutDetails(shown ?? ''));
  });

  it('lists all outcomes, and properties of the explanation', () => {
    const rows = [...examples.text.matchAll(/^\| `(\w+)`/gm)].map(([, name = '']) => name);
    const properties = ['clients', 'otherNamespaces', 'silent', 'journalSince'] satisfies (keyof Explanation)[];
    expect(rows).toEqual([...Object.keys(OUTCOMES), ...properties]);
  });

  it('names the default size of the journal', () => {
    expect(examples.text).toContain(`the latest ${JOURNAL_DEFAULTS.size.toLocaleString('en')} entries`);
  });
});

/** Replaces ids, times, servers and addresses, which differ from run to run. */
function withoutDetails(explanation: string): string {
  return explanation
    .replaceAll(/\d\d:\d\d:\d\d\.\d{3}/g, '<time>')
    .replaceAll(/\b[\w-]+:\d+\b/g, '<server>')
    .replace(/Client \S+/, 'Client <id>')
    .replace(/from (?:::ffff:)?[\d.]+\d/, 'from <address>');
}
