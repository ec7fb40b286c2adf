import { describe, expect, it } from 'vitest';
import { CommandFailed } from '../../../lib/cli/command.js';
import { readPlan } from '../../../lib/cli/rehearse/plan.js';
import { Rehearsal } from '../../../lib/cli/rehearse/rehearsal.js';
import type { Result } from '../../../lib/cli/rehearse/result.js';
import type { Outcome } from '../../../lib/cli/rehearse/shell.js';
import { type Behaviour, FakeDeployment } from './fake-deployment.js';

const URL = 'http://127.0.0.1:3000';

interface Run {
  readonly result: Result;
  readonly printed: readonly string[];
  readonly deployment: FakeDeployment;
}

interface Setting {
  readonly args?: readonly string[];
  readonly behaviour?: Behaviour;
  readonly outcome?: Outcome | 'never';
  /** ms after which Ctrl-C is pressed */
  readonly interruptAfter?: number;
}

/** Four clients talk for four seconds. The restart command takes the deployment down for a second. */
async function rehearse({ args = [], behaviour = {}, outcome, interruptAfter }: Setting): Promise<Run> {
  const deployment = new FakeDeployment(behaviour);
  const printed: string[] = [];
  const controller = new AbortController();
  if (interruptAfter !== undefined) deployment.clock.after(interruptAfter, () => controller.abort());
  const plan = readPlan(['--url', URL, '--clients', '4', '--seconds', '4', '--rate', '5', ...args]);
  const world = {
    time: deployment.time,
    connect: deployment.connect,
    run: () => {
      if (outcome === 'never') return new Promise<Outcome>(() => {});
      deployment.restart(1_000);
      return Promise.resolve(outcome ?? { exitCode: 0, output: '' });
    },
    print: (line: string) => printed.push(line),
    interrupted: controller.signal,
  };
  return { result: await new Rehearsal(plan, world, 'run1').run(), printed, deployment };
}

const RESTART = ['--restart', 'restart it'];

describe('a rehearsal', () => {
  it('passes if all messages arrive', async () => {
    const { result, printed, deployment } = await rehearse({});
    expect(result.findings).toEqual([]);
    expect(result).toMatchObject({ passed: true, scope: 'messages', namespace: '/rehearsal', clients: 4 });
    expect(result.messages).toMatchObject({ sent: 80, acknowledged: 80, heard: 240, lost: 0, late: 0, cutOff: 0 });
    expect(result.connections).toMatchObject({ lost: 0, away: null });
    expect(printed).toEqual(['All 4 clients are connected.']);
    expect(deployment.clients.filter(({ connected }) => connected)).toEqual([]);
  });

  it('passes if clients resume after a restart, and measures how long they were away', async () => {
    const { result } = await rehearse({ args: RESTART, behaviour: { recovers: true } });
    expect(result.findings).toEqual([]);
    expect(result.connections).toMatchObject({ lost: 4, resumed: 4, startedAgain: 0, notBack: 0 });
    expect(result.connections.reasons).toEqual({ 'transport close': 4 });
    expect(result.connections.away?.max).toBe(1_200);
    expect(result.restarts).toMatchObject([{ command: 'restart it', exitCode: 0, everybodyBack: 1_200 }]);
    expect(result.errors).toEqual({ 'connect ECONNREFUSED': 12 });
    expect(result.messages).toMatchObject({ lost: 0, late: 0 });
  });

  it('divides the time between restarts', async () => {
    const { result } = await rehearse({ args: [...RESTART, ...RESTART], behaviour: { recovers: true } });
    expect(result.restarts.map(({ from }) => Math.round(from * 10) / 10)).toEqual([1.3, 2.7]);
    expect(result.connections).toMatchObject({ lost: 8, resumed: 8 });
  });

  it('finds the messages that clients lose that cannot resume', async () => {
    const { result } = await rehearse({ args: RESTART, behaviour: { affects: ({ number }) => number <= '2' } });
    expect(result.connections).toMatchObject({ lost: 2, resumed: 0, startedAgain: 2 });
    expect(result.messages).toMatchObject({ lost: 24, lostWhile: { connected: 0, startedAgain: 24 } });
    expect(result.findings).toEqual([
      '24 messages were lost: 24 by clients that could not resume and got a fresh session.',
    ]);
    expect(result.passed).toBe(false);
  });

  it('finds the messages that clients lose although they resume', async () => {
    const behaviour: Behaviour = {
      recovers: true,
      affects: ({ number }) => number <= '2',
      copies: (message, { connected }) => (connected || message.includes(':4.1:') ? 1 : 0),
    };
    const { result } = await rehearse({ args: RESTART, behaviour });
    expect(result.messages.lostWhile).toEqual({ connected: 0, resumed: 12, startedAgain: 0, notBack: 0 });
    expect(result.findings).toEqual(['12 messages were lost: 12 although the client resumed its session.']);
  });

  it('allows as many lost messages as the user does', async () => {
    const behaviour: Behaviour = { copies: (message) => (message.endsWith(':1.1:3') ? 0 : 1) };
    const { result } = await rehearse({ behaviour });
    expect(result.findings).toEqual(['3 messages were lost: 3 while the client was connected.']);
    const tolerant = await rehearse({ behaviour, args: ['--max-lost', '3'] });
    expect(tolerant.result.passed).toBe(true);
    expect(tolerant.result.messages.lost).toBe(3);
  });

  it('finds doubled, reordered and late messages', async () => {
    const behaviour: Behaviour = {
      copies: (message, { number }) => (message.endsWith(':2.1:4') && number === '1' ? 2 : 1),
      delay: (message) => (message.endsWith(':3.1:5') ? 1_100 : 0),
    };
    const { result } = await rehearse({ behaviour });
    expect(result.messages).toMatchObject({ lost: 0, doubled: 1, reordered: 3, late: 3 });
    expect(result.messages.delay).toEqual({ p50: 10, p99: 1_110, max: 1_110 });
    expect(result.findings).toEqual(['1 message arrived twice.', '3 messages arrived after a later one.']);
  });

  it('finds clients that do not come back', async () => {
    const { result } = await rehearse({ args: RESTART, behaviour: { keepsClientsAway: true } });
    expect(result.connections).toMatchObject({ lost: 4, notBack: 4, away: null });
    expect(result.restarts[0]?.everybodyBack).toBeNull();
    expect(result.findings).toContain('4 clients did not come back.');
    expect(result.curve.at(-1)?.[1]).toBe(0);
  });

  it('finds a restart command that fails, and prints its output', async () => {
    const outcome = { exitCode: 3, output: 'no such container' };
    const { result, printed } = await rehearse({ args: RESTART, behaviour: { recovers: true }, outcome });
    expect(result.findings).toEqual(['"restart it" ended with exit code 3.']);
    expect(printed).toContain('"restart it" failed with 3:\nno such container');
  });

  it('says so if the deployment passes nothing on', async () => {
    const { result } = await rehearse({ behaviour: { events: 'deaf' } });
    expect(result.messages).toMatchObject({ heard: 0, lost: 240 });
    expect(result.findings[1]).toMatch(/^No client heard another one/);
  });

  it('ends early, with a result', async () => {
    const { result } = await rehearse({ interruptAfter: 1_000 });
    expect(result).toMatchObject({ passed: true, wasInterrupted: true });
    expect(result.messages.sent).toBeLessThan(30);
    expect(result.messages.heard).toBe(3 * result.messages.sent);
  });

  it('does not pass if it ended before a restart', async () => {
    const { result } = await rehearse({ args: RESTART, interruptAfter: 1_000 });
    expect(result.findings).toEqual(['"restart it" did not run.']);
  });

  it('ends early while a restart command runs', async () => {
    const { result } = await rehearse({ args: RESTART, interruptAfter: 3_000, outcome: 'never' });
    expect(result.findings).toEqual(['"restart it" did not finish.']);
  });
});

describe('a rehearsal of a deployment without the events', () => {
  it('checks its answers, in the main namespace', async () => {
    const { result } = await rehearse({ behaviour: { namespaces: ['/'], events: 'unknown' } });
    expect(result).toMatchObject({ passed: true, scope: 'answers', namespace: '/', errors: {} });
    expect(result.messages).toMatchObject({ sent: 80, acknowledged: 80, refused: 0, heard: 0, lost: 0 });
  });

  it('checks its connections if it does not answer', async () => {
    const behaviour: Behaviour = { namespaces: ['/'], events: 'silent', recovers: true };
    const { result } = await rehearse({ args: RESTART, behaviour });
    expect(result).toMatchObject({ passed: true, scope: 'connections' });
    expect(result.messages.sent).toBe(0);
    expect(result.connections).toMatchObject({ lost: 4, resumed: 4 });
  });

  it.each([
    ['unknown', 'The deployment refuses an event of --join or --send: "say" was refused: unknown_event'],
    ['silent', 'The deployment did not acknowledge "say" within 5 s. Its handler must return a value.'],
  ] as const)('fails if the user gave them: %s', async (events, message) => {
    const failed = rehearse({ args: ['--send', '["say", "$message"]'], behaviour: { namespaces: ['/'], events } });
    await expect(failed).rejects.toThrow(new CommandFailed(message));
  });

  it('fails if no client can connect', async () => {
    const failed = rehearse({ behaviour: { namespaces: [] } });
    await expect(failed).rejects.toThrow(`No client could connect to ${URL}: Invalid namespace (2 times)`);
  });
});
