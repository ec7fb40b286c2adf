import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../lib/cli/commands.js';
import { run } from '../../../lib/cli/run.js';
import { application, mainWith } from '../../support/migrated.js';

let root = '';

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'migrate-'));
  mkdirSync(join(root, 'node_modules'));
  symlinkSync(
    fileURLToPath(new URL('../../../node_modules/typescript', import.meta.url)),
    join(root, 'node_modules/typescript'),
  );
});
afterEach(() => rmSync(root, { recursive: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

const read = (path: string): string => readFileSync(join(root, path), 'utf8');

async function migrate(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const result = { code: -1, out: '', err: '' };
  const stream = (name: 'out' | 'err') => ({ write: (text: string) => (result[name] += text) });
  result.code = await run(COMMANDS, { args: ['migrate', ...args], cwd: root, out: stream('out'), err: stream('err') });
  return result;
}

function git(...args: string[]): void {
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.c', ...args], { cwd: root });
}

const MAIN = mainWith('  app.useWebSocketAdapter(new SocketAdapter(app));\n');
const FILES = application(MAIN, {
  'src/socket.adapter.ts': `import { IoAdapter } from '@nestjs/platform-socket.io';

export class SocketAdapter extends IoAdapter {
  createIOServer(port: number, options?: any) {
    return super.createIOServer(port, { ...options, cors: { origin: true } });
  }
}
`,
});

describe('migrate', () => {
  it('prints a diff and a summary, and writes nothing with --dry-run', async () => {
    write(FILES);
    const { code, out } = await migrate('--dry-run');
    expect(code).toBe(0);
    expect(out).toContain('-  app.useWebSocketAdapter(new SocketAdapter(app));\n');
    expect(out).toContain('--- a/src/socket.adapter.ts\n+++ /dev/null\n');
    expect(out).toMatch(/\n4 files would change \(--dry-run: nothing was written\)\.\n\nThen run "npm install"/);
    expect(read('src/main.ts')).toBe(MAIN);
  });

  it('writes and deletes files, and has nothing to do then', async () => {
    write({ ...FILES, 'pnpm-lock.yaml': '' });
    expect(await migrate()).toMatchObject({
      code: 0,
      out: expect.stringContaining('4 files changed.\n\nRun "pnpm install"'),
    });
    expect(read('src/app.module.ts')).toContain('SocketIoModule.forRoot({ cors: { origin: true } })');
    expect(existsSync(join(root, 'src/socket.adapter.ts'))).toBe(false);
    expect(await migrate('.')).toEqual({
      code: 0,
      out: 'Nothing to migrate: no file uses socket.io or @nestjs/platform-socket.io.\n',
      err: '',
    });
  });

  it('exits with 1 if something is left to decide', async () => {
    write({
      'package.json': '{}',
      'a.ts': "import io from 'socket.io';\n",
      'b.ts': "import { io } from 'socket.io-client';\nio();\n",
    });
    const { code, out } = await migrate();
    expect(code).toBe(1);
    expect(out).toContain('\nTo decide:\n  a.ts:1  import { Server } from "nest-socketio"');
    expect(out).toContain("Set transports: ['websocket'] in each:\n  b.ts:2  io()\n");
  });

  it('refuses a git working tree with uncommitted changes, unless it is forced', async () => {
    write({ ...FILES, '.gitignore': 'node_modules\n' });
    git('init', '-q');
    git('add', '.');
    git('commit', '-qm', 'all');
    write({ 'src/main.ts': `${MAIN}\n`, 'notes.txt': 'not tracked' });
    const refused = await migrate();
    expect(refused.code).toBe(2);
    expect(refused.err).toContain('this file has uncommitted changes:\n  src/main.ts\nCommit or stash');
    expect(read('src/app.module.ts')).toBe(FILES['src/app.module.ts']);
    expect((await migrate('--dry-run')).code).toBe(0);
    expect((await migrate('--force')).code).toBe(0);
    expect(read('src/app.module.ts')).toContain('SocketIoModule');
  });

  it('refuses unknown options, several folders, and a folder without a package.json', async () => {
    expect((await migrate('--dry')).err).toContain('migrate has no option --dry');
    expect((await migrate('a', 'b')).err).toContain('migrate takes one folder, got a and b.');
    expect(await migrate('nowhere')).toMatchObject({
      code: 2,
      err: expect.stringContaining('must have a package.json'),
    });
  });
});
