import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../lib/cli/command.js';
import { describePlan, readPlan } from '../../../lib/cli/rehearse/plan.js';

const URL = 'http://127.0.0.1:3000';

function plan(...args: string[]) {
  return readPlan(['--url', URL, ...args]);
}

describe('readPlan', () => {
  it('has defaults', () => {
    expect(plan()).toEqual({
      urls: [URL],
      path: '/socket.io/',
      namespace: null,
      auth: null,
      clients: 50,
      rate: 1,
      seconds: 30,
      restarts: [],
      dialect: { join: ['rehearsal:join', '$room'], send: ['rehearsal', '$room', '$message'] },
      isOwnDialect: false,
      roomSize: 10,
      late: 1_000,
      maxLost: 0,
      picture: null,
      json: null,
    });
  });

  it('reads the events of the application, and uses its main namespace', () => {
    expect(plan('--send', '["say", {"text": "$message"}]')).toMatchObject({
      namespace: '/',
      dialect: { join: null, send: ['say', { text: '$message' }] },
      isOwnDialect: true,
      roomSize: 50,
    });
    const rooms = plan('--join', '["join", "$room"]', '--send', '["say", "$message"]', '--namespace', '/chat');
    expect(rooms).toMatchObject({ namespace: '/chat', roomSize: 10 });
  });

  it('reads everything else', () => {
    const args = [
      '--restart',
      'a',
      '--restart',
      'b',
      '--auth',
      '{"token":1}',
      '--picture',
      'p.svg',
      '--json',
      'r.json',
    ];
    const more = ['--clients', '2', '--rate', '0.5', '--seconds', '3', '--late', '200', '--max-lost', '7'];
    expect(plan(...args, ...more, '--path', '/live/')).toMatchObject({
      restarts: ['a', 'b'],
      auth: { token: 1 },
      picture: 'p.svg',
      json: 'r.json',
      clients: 2,
      rate: 0.5,
      seconds: 3,
      late: 200,
      maxLost: 7,
      path: '/live/',
      roomSize: 2,
    });
  });

  it.each([
    ['http://localhost:3000', 'http://localhost:3000'],
    ['ws://127.0.0.2', 'ws://127.0.0.2'],
    ['https://[::1]:3000/', 'https://[::1]:3000'],
    ['http://2130706433', 'http://127.0.0.1'],
  ])('loads this machine: %s', (url, origin) => {
    expect(readPlan(['--url', url]).urls).toEqual([origin]);
  });

  it.each([
    'http://10.0.0.1:3000',
    'https://api.example.com',
    'http://127.0.0.1.example.com',
    'http://localhost.example.com',
    'http://127.0.0.1@example.com',
    'http://0.0.0.0',
  ])('does not load another machine without a confirmation: %s', (url) => {
    const { hostname } = new globalThis.URL(url);
    expect(() => readPlan(['--url', url])).toThrow(`confirm it with --allow-host ${hostname}`);
    expect(() => readPlan(['--url', url, '--allow-host', 'localhost'])).toThrow(UsageError);
    expect(readPlan(['--url', url, '--allow-host', hostname]).urls).toHaveLength(1);
  });

  it.each([
    [[], '--url must name the deployment, such as http://127.0.0.1:3000.'],
    [['--url', 'localhost'], '--url must be an address such as http://127.0.0.1:3000, got localhost'],
    [['--url', 'ftp://localhost'], '--url must be an address'],
    [['--url', `${URL}/chat`], '--url must have no path'],
    [['--url', URL, '--namespace', 'chat'], '--namespace must start with a slash, got chat'],
    [['--url', URL, '--clients', '1'], '--clients must be a number from 2 to 10000, got 1'],
    [['--url', URL, '--clients', '10001'], '--clients must be a number from 2 to 10000, got 10001'],
    [['--url', URL, '--clients', '2.5'], '--clients must be an integer, got 2.5'],
    [['--url', URL, '--rate', '0'], '--rate must be a number from 0.01 to 1000, got 0'],
    [['--url', URL, '--rate', ''], '--rate must be a number from 0.01 to 1000, got '],
    [['--url', URL, '--seconds', '3601'], '--seconds must be a number from 1 to 3600, got 3601'],
    [['--url', URL, '--max-lost', 'few'], '--max-lost must be a number from 0'],
    [['--url', URL, '--auth', '[1]'], '--auth must be a JSON object, got [1]'],
    [['--url', URL, '--auth', '{'], '--auth must be JSON, got {'],
    [['--url', URL, '--send', 'say'], '--send must be JSON, got say'],
    [['--url', URL, '--send', '{}'], '--send must be a JSON array with the name of an event first, got {}'],
    [['--url', URL, '--send', '["say"]'], '--send must contain "$message", got ["say"]'],
    [['--url', URL, '--join', '["join"]'], '--join needs --send'],
    [['--url', URL, '--reset'], /--reset/],
    [['--url', URL, 'more'], /more/],
  ])('refuses %j', (args, message) => {
    expect(() => readPlan(args)).toThrow(UsageError);
    expect(() => readPlan(args)).toThrow(message);
  });

  it('refuses a load that one process cannot receive', () => {
    expect(() => plan('--clients', '500', '--send', '["say", "$message"]')).toThrow(
      '500 clients, each hearing 499 others, get 249500 messages a second. For 30 s, this command receives at most 20000 ' +
        'a second: lower --rate or --clients.',
    );
    expect(() => plan('--clients', '1000', '--seconds', '3600')).toThrow(
      'For 3600 s, this command receives at most 555',
    );
    expect(plan('--clients', '10000', '--rate', '0.2').roomSize).toBe(10);
  });
});

describe('describePlan', () => {
  it('says what the command is going to do', () => {
    expect(describePlan(plan('--restart', 'kill 1', '--rate', '2', '--namespace', '/chat'))).toBe(
      `Connects 50 clients to ${URL}, namespace /chat, in rooms of at most 10.\n` +
        'Each sends 2 messages a second for 30 s.\n' +
        'Then it runs: kill 1\n' +
        'Ctrl-C ends it early, with a report.\n',
    );
  });

  it('mentions a restart by hand', () => {
    expect(describePlan(plan('--send', '["say", "$message"]'))).toMatch(
      /all in one room\.\nEach sends a message a second for 30 s\.\nNo --restart is given/,
    );
  });
});
