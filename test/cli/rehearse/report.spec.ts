import { describe, expect, it } from 'vitest';
import { reportPicture, reportText } from '../../../lib/cli/rehearse/report.js';
import type { Result } from '../../../lib/cli/rehearse/result.js';

const RESULT: Result = {
  passed: true,
  findings: [],
  scope: 'messages',
  namespace: '/rehearsal',
  clients: 4,
  seconds: 10,
  messages: {
    sent: 1_234,
    acknowledged: 1_230,
    refused: 0,
    unanswered: 0,
    cutOff: 4,
    heard: 3_690,
    lost: 0,
    lostWhile: { connected: 0, resumed: 0, startedAgain: 0, notBack: 0 },
    doubled: 0,
    reordered: 0,
    late: 2,
    delay: { p50: 2, p99: 40, max: 1_500 },
  },
  connections: {
    lost: 4,
    resumed: 3,
    startedAgain: 1,
    notBack: 0,
    reasons: { 'transport close': 3, 'ping timeout': 1 },
    away: { p50: 900, p99: 1_200, max: 1_200 },
  },
  restarts: [{ command: 'restart it', exitCode: 0, from: 4, to: 5.5, everybodyBack: 1_300 }],
  errors: { 'connect ECONNREFUSED': 8 },
  curve: [
    [0, 4],
    [4, 0],
    [5, 4],
    [10, 4],
  ],
  ownDelay: 12,
  wasInterrupted: false,
};

function text(changes: Partial<Result> = {}): string {
  return reportText({ ...RESULT, ...changes }, 1_000);
}

describe('reportText', () => {
  it('has a line for each thing that was measured', () => {
    const lines = text().split('\n');
    expect(lines.slice(lines.findIndex((line) => line.startsWith('Messages')))).toEqual([
      'Messages    1,234 sent, 1,230 acknowledged, 4 cut off by a lost connection',
      'Delivery    3,690 heard, 0 lost, 0 doubled, 0 reordered, 2 late (more than 1000 ms)',
      'Delay       p50 2 ms, p99 40 ms, longest 1,500 ms',
      'Connections 4 lost (3 × transport close, 1 × ping timeout), 3 resumed, 1 with a fresh session, 0 not back',
      'Away        p50 900 ms, p99 1,200 ms, longest 1,200 ms',
      'Restart     restart it: 1.5 s; all clients were back 1,300 ms after the first was lost',
      'Error       8 × connect ECONNREFUSED',
      '',
      'Passed.',
      '',
    ]);
    expect(text()).toMatch(/^\nConnected clients over time/);
  });

  it('lists the findings', () => {
    expect(text({ passed: false, findings: ['One.', 'Two.'] })).toMatch(/\nNot passed:\n- One\.\n- Two\.\n$/);
  });

  it('says what was not checked', () => {
    expect(text({ scope: 'answers' })).toContain(
      'Delivery    not checked: the deployment does not pass the messages on',
    );
    expect(text({ scope: 'connections' })).toContain('Messages    not checked: the deployment does not answer them');
  });

  it('says so if it was ended early, or was the bottleneck itself', () => {
    expect(text({ wasInterrupted: true })).toMatch(/^Ended early by Ctrl-C\./);
    expect(text({ ownDelay: 501 })).toContain('This command was up to 501 ms late itself');
  });

  it('leaves out what did not happen', () => {
    const quiet = { lost: 0, resumed: 0, startedAgain: 0, notBack: 0, reasons: {}, away: null };
    const report = text({
      connections: quiet,
      restarts: [],
      errors: {},
      messages: { ...RESULT.messages, delay: null },
    });
    expect(report).toContain('Connections 0 lost, 0 resumed');
    expect(report).not.toMatch(/^(Delay|Away|Restart|Error)/m);
    const unharmed = { ...(RESULT.restarts[0] as Result['restarts'][number]), everybodyBack: null };
    expect(text({ restarts: [unharmed] })).toContain('Restart     restart it: 1.5 s\n');
  });
});

describe('reportPicture', () => {
  it('draws steps, and the restarts behind them', () => {
    const svg = reportPicture(RESULT);
    expect(svg).toContain('points="80,96 334.4,96 334.4,416 398,416 398,96 716,96"');
    expect(svg).toContain('<rect class="span" x="334.4" y="96" width="95.4" height="320"/>');
    expect(svg).toContain('>restart</text>');
    expect(svg).toContain('4 clients; 4 lost connections, 0 lost messages');
    expect(svg).toContain('Time without a connection: p50 900 ms, p99 1,200 ms, longest 1,200 ms');
  });

  it('numbers several restarts', () => {
    const restarts = [...RESULT.restarts, ...RESULT.restarts];
    expect(reportPicture({ ...RESULT, restarts })).toContain('>restart 2</text>');
  });
});
