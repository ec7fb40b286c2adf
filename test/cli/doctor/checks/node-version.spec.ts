import { describe, expect, it } from 'vitest';
import { nodeVersion } from '../../../../lib/cli/doctor/checks/node-version.js';
import { findingsOf, linesOf } from '../facts.js';

describe('the check of Node', () => {
  it.each(['20.19.0', '22.0.0', '24.1.0'])('accepts %s', (version) => {
    expect(findingsOf(nodeVersion, { nodeVersion: version })).toEqual([]);
  });

  it.each(['18.20.1', '20.18.3'])('reports %s', (version) => {
    expect(linesOf(nodeVersion, { nodeVersion: version })).toEqual([
      ` problem: Node must be 20.19 or later, but this is ${version}. → Install the current LTS release.`,
    ]);
  });

  it.each([
    ['21.7.3', 1],
    ['22.11.0', 1],
    ['20.19.0', 0],
    ['22.12.0', 0],
    ['23.0.0', 0],
  ])('knows whether CommonJS can load ES modules on %s', (version, count) => {
    const files = { 'package.json': '{ "dependencies": { "nest-socketio": "*" } }' };
    const message = `Node must be 20.19, 22.12 or later to load ES modules from CommonJS, but this is ${version}.`;
    expect(findingsOf(nodeVersion, { nodeVersion: version, files }).map(({ message }) => message)).toEqual(
      [message].slice(0, count),
    );
  });

  it.each([
    ['Dockerfile', '# syntax\nFROM node:18-alpine AS build', 2, 'FROM node:24-alpine AS build'],
    ['docker/api.Dockerfile', 'FROM --platform=linux/amd64 node:20.10.0', 1, 'FROM --platform=linux/amd64 node:24'],
    ['Dockerfile.dev', 'FROM registry/library/node:16', 1, 'FROM registry/library/node:24'],
    ['.nvmrc', 'v18.12.0\n', 1, 'v24'],
    ['.node-version', '18', 1, '24'],
  ])('reports the version in %s', (path, text, line, fix) => {
    expect(findingsOf(nodeVersion, { files: { [path]: text } })).toMatchObject([{ level: 'problem', path, line, fix }]);
  });

  it.each([
    ['Dockerfile', 'FROM node:20\nFROM node:lts\nFROM node:22.1-slim\nFROM nginx:1.18\nRUN echo node:18'],
    ['.nvmrc', 'lts/*'],
    ['docs/Dockerfile.md', 'FROM golang:1.18'],
  ])('accepts the versions in %s', (path, text) => {
    expect(findingsOf(nodeVersion, { files: { [path]: text } })).toEqual([]);
  });
});
