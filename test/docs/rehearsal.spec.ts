/** The gateway of docs/rehearsal.md lets `npx nest-socketio rehearse` check messages, as the page says. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { SocketIoModule } from 'nest-socketio';
import { rehearseCommand } from '../../lib/cli/rehearse/rehearse.command.js';
import { Examples } from '../support/examples.js';
import { startApp } from '../support/nest-app.js';

const examples = new Examples('docs/rehearsal.md');

beforeAll(() => examples.compile());

/** Runs the command for a second, with six clients. */
async function rehearse(url: string, ...args: string[]): Promise<[code: number, output: string]> {
  let output = '';
  const out = { write: (text: string) => (output += text) };
  const all = ['--url', url, '--clients', '6', '--seconds', '1', '--rate', '10', ...args];
  return [await rehearseCommand.run({ args: all, cwd: examples.folder, out, err: out }), output];
}

async function startDeployment(): Promise<string> {
  vi.stubEnv('REHEARSAL_TOKEN', 'sesame');
  const { RehearsalGateway } = await examples.load<'RehearsalGateway'>('rehearsal.gateway');
  const { url } = await startApp({ imports: [SocketIoModule.forRoot()], providers: [RehearsalGateway] });
  return url;
}

describe('docs/rehearsal.md', () => {
  it('has a gateway that lets the clients hear each other', async () => {
    const url = await startDeployment();
    const files = ['--picture', 'curve.svg', '--json', 'result.json'];
    const [code, output] = await rehearse(url, '--auth', '{ "token": "sesame" }', ...files);
    expect(output).toMatch(/^Connects 6 clients to http/);
    expect(output).toContain('Passed.');
    expect(code).toBe(0);
    const result = JSON.parse(readFileSync(`${examples.folder}/result.json`, 'utf8')) as unknown;
    expect(result).toMatchObject({ passed: true, scope: 'messages', messages: { lost: 0, doubled: 0, reordered: 0 } });
    expect(result).toHaveProperty(
      'messages.heard',
      expect.toSatisfy((heard: number) => heard > 100),
    );
    expect(readFileSync(`${examples.folder}/curve.svg`, 'utf8')).toMatch(/^<svg /);
  });

  it('has a token that keeps other clients out', async () => {
    const url = await startDeployment();
    await expect(rehearse(url)).rejects.toThrow(`No client could connect to ${url}: unknown token`);
  });

  it('lists the bounds of the command', () => {
    for (const bound of ['at most 10,000', 'at most 1,000', 'at most 3,600', '20,000 a second and 2,000,000 in all']) {
      expect(examples.text).toContain(bound);
    }
  });
});
