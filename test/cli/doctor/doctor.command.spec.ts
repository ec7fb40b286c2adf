import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { EXIT, UsageError } from '../../../lib/cli/command.js';
import { doctorCommand } from '../../../lib/cli/doctor/doctor.command.js';

// In the repository, where the packages are installed.
const BUILD = fileURLToPath(new URL('../../../build', import.meta.url));
mkdirSync(BUILD, { recursive: true });

const MODULE = "import { SocketIoModule } from 'nest-socketio';\nSocketIoModule.forRoot();";
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Runs the command on an application of these files. */
async function doctor(files: Record<string, string>, parent = BUILD, ...args: string[]): Promise<[number, string]> {
  const root = mkdtempSync(join(parent, 'doctor-'));
  folders.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  let output = '';
  const out = { write: (text: string) => (output += text) };
  return [await doctorCommand.run({ args, cwd: root, out, err: out }), output];
}

const MANIFEST = '{ "type": "module", "dependencies": { "nest-socketio": "*" } }';
const CLIENT = "import { io } from 'socket.io-client';\nio();";

describe('the command doctor', () => {
  it('ends with 0 without problems', async () => {
    const [code, output] = await doctor({ 'package.json': MANIFEST, 'src/app.module.ts': MODULE });
    expect(output).toMatch(/\n0 problems, 1 hint\n$/); // it is not installed here
    expect(code).toBe(EXIT.done);
  });

  it('ends with 1 with a problem, and names it first', async () => {
    const files = { 'package.json': MANIFEST, 'src/app.module.ts': MODULE, 'web/socket.js': CLIENT };
    const [code, output] = await doctor(files);
    expect(output).toMatch(/^web\/socket\.js:2 problem\n/);
    expect(code).toBe(EXIT.attention);
  });

  it('reads the files of proxies and containers', async () => {
    const [, output] = await doctor({
      'package.json': MANIFEST,
      Dockerfile: 'FROM node:18',
      '.nvmrc': '18',
      'deploy/nginx.conf': 'location /socket.io { proxy_pass http://api; }',
      'deploy/api.yaml': 'replicas: 2',
    });
    const places = output.split('\n').filter((line) => /:\d+ \w+$/.test(line));
    expect(places).toEqual([
      '.nvmrc:1 problem',
      'Dockerfile:1 problem',
      'deploy/nginx.conf:1 problem',
      'deploy/nginx.conf:1 problem',
      'deploy/nginx.conf:1 hint',
      'deploy/api.yaml:1 hint',
    ]);
  });

  it('prints JSON', async () => {
    const files = { 'package.json': MANIFEST, 'src/app.module.ts': MODULE, 'web/socket.js': CLIENT };
    const [code, output] = await doctor(files, BUILD, '--json');
    expect(JSON.parse(output)).toMatchObject([
      { check: 'clients', level: 'problem', path: 'web/socket.js', line: 2 },
      { check: 'peers', level: 'hint', path: 'package.json' },
    ]);
    expect(code).toBe(EXIT.attention);
  });

  it('takes a folder', async () => {
    const [, output] = await doctor({ 'apps/api/package.json': MANIFEST }, BUILD, 'apps/api');
    expect(output).toContain('nest-socketio is not installed');
  });

  it.each([
    [['--jsno'], /--jsno/],
    [['a', 'b'], 'Expected one folder, got a b.'],
  ])('refuses %j', async (args, message) => {
    const failed = doctor({ 'package.json': MANIFEST }, tmpdir(), ...args);
    await expect(failed).rejects.toThrow(UsageError);
    await expect(failed).rejects.toThrow(message);
  });
});
