import { describe, expect, it } from 'vitest';
import { peers } from '../../../../lib/cli/doctor/checks/peers.js';
import { findingsOf, linesOf, type Scene } from '../facts.js';

const installed = (versions: Record<string, string>): Scene => ({
  installed: {
    'node_modules/nest-socketio': { version: '1.0.0' },
    ...Object.fromEntries(Object.entries(versions).map(([name, version]) => [`node_modules/${name}`, { version }])),
  },
});

describe('the check of peers', () => {
  it('accepts peers in their ranges, and optional ones that are missing', () => {
    expect(findingsOf(peers, installed({ '@nestjs/core': '12.5.1', 'reflect-metadata': '0.2.2' }))).toEqual([]);
  });

  it('reports peers that are missing or of another version', () => {
    expect(linesOf(peers, installed({ '@nestjs/core': '11.1.0', '@msgpack/msgpack': '2.8.0' }))).toEqual([
      'package.json problem: @nestjs/core must be ^12.0.0, but 11.1.0 is installed. → npm install @nestjs/core@^12.0.0',
      'package.json problem: reflect-metadata ^0.1.12 || ^0.2.0 must be installed, but it is not.' +
        ' → npm install reflect-metadata@"^0.1.12 || ^0.2.0"',
      'package.json problem: @msgpack/msgpack must be ^3.0.0, but 2.8.0 is installed.' +
        ' → npm install @msgpack/msgpack@^3.0.0',
    ]);
  });

  it('finds the packages of a workspace in the folder above it', () => {
    const scene = installed({ '@nestjs/core': '12.0.0', 'reflect-metadata': '0.2.2' });
    const manifest = '{ "dependencies": { "nest-socketio": "*" } }';
    expect(findingsOf(peers, { ...scene, files: { 'package.json': '{}', 'apps/api/package.json': manifest } })).toEqual(
      [],
    );
  });

  it('compares package.json if nothing is installed', () => {
    const manifest =
      '{ "dependencies": { "nest-socketio": "*", "@nestjs/core": "10.4.1", "reflect-metadata": "1.0.0" } }';
    expect(linesOf(peers, { files: { 'package.json': manifest } })).toEqual([
      'package.json hint: nest-socketio is not installed, so only package.json is checked. → npm install',
      'package.json problem: @nestjs/core must be ^12.0.0, but package.json says 10.4.1. → npm install @nestjs/core@^12.0.0',
    ]);
    expect(findingsOf(peers, { files: { 'package.json': manifest.replace('10.4.1', '^12.1.0') } })).toHaveLength(1);
  });

  it('reports a project without the package', () => {
    expect(linesOf(peers, { files: { 'package.json': '{}' } })).toEqual([
      'package.json problem: "nest-socketio" must be a dependency of the application, but no package.json names it.' +
        ' → npm install nest-socketio @nestjs/websockets',
    ]);
  });

  it('hints at the package of the parameter decorators', () => {
    const files = { 'src/chat.gateway.ts': "import { MessageBody } from '@nestjs/websockets';" };
    const scene = installed({ '@nestjs/core': '12.0.0', 'reflect-metadata': '0.2.2' });
    expect(findingsOf(peers, { ...scene, files })).toMatchObject([
      { level: 'hint', fix: 'npm install @nestjs/websockets' },
    ]);
  });

  it.each([
    ['^2.5.0', 1],
    ['1.7.4', 1],
    ['^3.1.0', 0],
    ['^4.8.4', 0],
    ['latest', 0],
  ])('knows socket.io-client %s', (range, count) => {
    const manifest = JSON.stringify({ devDependencies: { 'socket.io-client': range } });
    const files = { 'web/package.json': manifest };
    const found = linesOf(peers, { ...installed({ '@nestjs/core': '12.0.0', 'reflect-metadata': '0.2.2' }), files });
    expect(found).toEqual(
      [
        `web/package.json problem: socket.io-client must be version 4 (3 works, too), but package.json says ${range}.` +
          ' → npm install socket.io-client@4',
      ].slice(0, count),
    );
  });
});
