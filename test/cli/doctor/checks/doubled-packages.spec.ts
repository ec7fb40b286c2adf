import { describe, expect, it } from 'vitest';
import { doubledPackages } from '../../../../lib/cli/doctor/checks/doubled-packages.js';
import { findingsOf, linesOf } from '../facts.js';

const US = { version: '1.0.0' };

describe('the check of doubled packages', () => {
  it('accepts one copy of each', () => {
    const installed = { 'node_modules/nest-socketio': US, 'node_modules/@nestjs/core': { version: '12.0.0' } };
    expect(findingsOf(doubledPackages, { installed })).toEqual([]);
  });

  it('reports a second copy of Nest, once', () => {
    const installed = {
      'node_modules/nest-socketio': US,
      'node_modules/nest-socketio/node_modules/@nestjs/core': { version: '12.1.0' },
      'node_modules/@nestjs/core': { version: '12.0.4' },
      'node_modules/@nestjs/platform-express': { version: '12.1.0' },
      'node_modules/@nestjs/platform-express/node_modules/@nestjs/core': { version: '12.1.0' },
    };
    expect(linesOf(doubledPackages, { installed })).toEqual([
      'package.json problem: @nestjs/core must be installed once, but the application has 12.0.4 in ' +
        'node_modules/@nestjs/core, and nest-socketio has 12.1.0 in ' +
        'node_modules/nest-socketio/node_modules/@nestjs/core. → npm install @nestjs/core@12.1.0',
    ]);
  });

  it('reports a second copy of the same version', () => {
    const installed = {
      'node_modules/nest-socketio': US,
      'node_modules/@nestjs/common': { version: '12.0.0' },
      'apps/api/node_modules/@nestjs/common': { version: '12.0.0' },
    };
    const files = { 'package.json': '{}', 'apps/api/package.json': '{ "dependencies": { "nest-socketio": "*" } }' };
    expect(findingsOf(doubledPackages, { installed, files })).toMatchObject([
      { path: 'apps/api/package.json', fix: 'npm dedupe' },
    ]);
  });

  it('hints at a second copy of this package', () => {
    const installed = { 'node_modules/nest-socketio': US, 'apps/b/node_modules/nest-socketio': { version: '1.1.0' } };
    const manifest = '{ "dependencies": { "nest-socketio": "*" } }';
    const packages = ['apps/a', 'apps/b', 'libs/c'].map((folder) => [`${folder}/package.json`, manifest]);
    const files = { 'package.json': '{}', ...Object.fromEntries(packages) };
    expect(linesOf(doubledPackages, { installed, files })).toEqual([
      'apps/b/package.json hint: Packages of one application must share a copy of nest-socketio, but ' +
        'apps/a/package.json has 1.0.0 in node_modules/nest-socketio, and this one 1.1.0 in ' +
        'apps/b/node_modules/nest-socketio. → npm dedupe',
    ]);
  });

  it('follows the links of pnpm', () => {
    const store = 'node_modules/.pnpm/nest-socketio@1.0.0/node_modules';
    const core = 'node_modules/.pnpm/@nestjs+core@12.0.0/node_modules/@nestjs/core';
    const installed = {
      'node_modules/nest-socketio': US,
      'node_modules/@nestjs/core': { version: '12.0.0' },
      [`${store}/@nestjs/core`]: { version: '12.0.0' },
    };
    const links = {
      'node_modules/nest-socketio': `${store}/nest-socketio`,
      'node_modules/@nestjs/core': core,
      [`${store}/@nestjs/core`]: core,
    };
    expect(findingsOf(doubledPackages, { installed, links })).toEqual([]);
  });
});
