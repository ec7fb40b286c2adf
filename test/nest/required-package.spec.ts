import * as terminus from '@nestjs/terminus';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { requirePackage } from '../../lib/nest/required-package.js';
import { later } from '../support/nest-app.js';

describe('requirePackage', () => {
  it('loads the instance that `import` loads', () => {
    const { TerminusModule } = requirePackage('@nestjs/terminus', 'nest-socketio/terminus') as typeof terminus;
    expect(TerminusModule).toBe(terminus.TerminusModule);
  });

  it('gives the line that installs a missing package', () => {
    expect(() => requirePackage('@nestjs/absent', 'nest-socketio/absent')).toThrow(
      expect.objectContaining({
        code: 'INVALID_SETUP',
        message:
          'nest-socketio/absent needs the package @nestjs/absent, which is not installed: run npm install @nestjs/absent',
      }),
    );
  });

  it('does not hide that a package is broken', () => {
    const folder = fileURLToPath(new URL('../../build/broken-package', import.meta.url));
    mkdirSync(folder, { recursive: true });
    later(() => rmSync(folder, { recursive: true }));
    writeFileSync(`${folder}/index.cjs`, "require('of-its-own')");
    expect(() => requirePackage(`${folder}/index.cjs`, 'nest-socketio/absent')).toThrow(
      /^Cannot find module 'of-its-own'/,
    );
  });
});
