/**
 * Applications of three authors move from `@nestjs/platform-socket.io` by the command alone. The same clients, of the
 * stock package, check each of them before and after.
 */
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { requireBuild } from '../support/build.js';
import { cleanUp } from '../support/engine-clean-up.js';
import { type Redis, startRedis } from '../support/redis.js';
import { describeWith } from '../support/requires.js';
import { Application, compile } from './application.js';
import { chatApi } from './chat-api.clients.js';
import { dashboard } from './dashboard.clients.js';
import type { Migrated } from './migrated.js';
import { shop } from './shop-monorepo.clients.js';

/** ms. Compilers and applications start on a machine that may be busy. */
const DEADLINE = 180_000;

/** An application, its copy that is migrated, and the addresses at which its processes listen now. */
interface Move {
  readonly migrated: Migrated;
  readonly application: Application;
  readonly urls: string[];
}

const moveOf = (migrated: Migrated): Move => ({ migrated, application: new Application(migrated.name), urls: [] });

describeWith('redis-server', 'migration by command', () => {
  let redis: Redis;
  const moves = [chatApi, dashboard, shop].map(moveOf);
  const named = moves.map((move) => ({ name: move.migrated.name, ...move }));

  beforeAll(async () => {
    requireBuild();
    for (const { application } of moves) application.create();
    redis = await startRedis();
  });
  afterEach(cleanUp);
  afterAll(async () => {
    await Promise.all(moves.map(({ application }) => application.remove()));
    await redis.stop();
  });

  /**
   * Installs, compiles and starts the applications as they are now, and runs their clients.
   * @param checks whether to check types, which takes as long as all clients together
   */
  function describeClients(server: string, { checks }: { readonly checks: boolean }): void {
    describe(`clients on ${server}`, () => {
      beforeAll(async () => {
        for (const { application } of moves) application.install();
        const configs = moves.map(({ migrated, application }) => join(application.folder, migrated.config));
        await compile(configs, { checks });
        await Promise.all(moves.map(start));
      }, DEADLINE);
      afterAll(() => Promise.all(moves.map(({ application }) => application.stop())));

      describe.each(named)('of $name', ({ migrated, urls }) => migrated.clients(urls));
    });
  }

  async function start({ migrated, application, urls }: Move): Promise<void> {
    const launches = await migrated.launches(redis.port);
    urls.splice(0, urls.length, ...(await Promise.all(launches.map((launch) => application.start(launch)))));
  }

  describeClients('platform-socket.io', { checks: false });

  describe.each(named)('the command, in $name', ({ application }) => {
    beforeAll(() => application.commit());

    let planned: string;

    it('changes nothing with --dry-run', { timeout: DEADLINE }, async () => {
      const before = application.files();
      planned = await application.migrateHere('--dry-run');
      expect(application.files()).toEqual(before);
    });

    it('prints the diff of each file that it changes, also with --dry-run', { timeout: DEADLINE }, async () => {
      const before = application.files();
      const output = await application.migrate();
      const after = application.files();
      const changed = Object.keys({ ...before, ...after }).filter((file) => before[file] !== after[file]);
      expect(changed).toContain('package.json');
      for (const diff of [planned, output]) {
        for (const file of changed) expect(diff).toContain(file);
        expect(diff).toMatch(/^-.*@nestjs\/platform-socket\.io/m);
        expect(diff).toMatch(/^\+.*SocketIoModule/m);
      }
    });

    it('leaves nothing of the old server in the code and package.json', () => {
      expect(application.read('package.json')).not.toContain('"socket.io"');
      for (const [file, text] of Object.entries(application.files())) {
        expect(text, file).not.toMatch(/\b(from|import|require)\b\s*\(?\s*['"]socket\.io['"]/);
        expect(text, file).not.toContain('useWebSocketAdapter');
        expect(text, file).not.toContain('@nestjs/platform-socket.io');
      }
    });

    it('changes nothing when it runs again', { timeout: DEADLINE }, async () => {
      await application.commit();
      const migrated = application.files();
      await application.migrateHere();
      expect(application.files()).toEqual(migrated);
    });
  });

  describeClients('nest-socketio', { checks: true });
});
