import { describe, expect, it } from 'vitest';
import { nodeVersion } from '../../../../lib/cli/doctor/checks/node-version.js';
import { findingsOf, linesOf } from '../facts.js';

describe('the check of Node', () => {
  it.each(['20.19.0', '20.20.1', '22.12.0', '23.0.0', '24.1.0'])('accepts %s', (version) => {
    expect(findingsOf(nodeVersion, { nodeVersion: version })).toEqual([]);
  });

  it.each(['18.20.1', '20.18.3', '21.7.3', '22.11.0'])('reports %s', (version) => {
    const demand = 'Node must be 20.19+ or 22.12+';
    expect(linesOf(nodeVersion, { nodeVersion: version })).toEqual([
      ` problem: ${demand}, but this is ${version}. → Install the current LTS release.`,
    ]);
  });

  it.each([
    ['Dockerfile', '# syntax\nFROM node:18-alpine AS build', 2, 'FROM node:24-alpine AS build'],
    ['docker/api.Dockerfile', 'FROM --platform=linux/amd64 node:20.10.0', 1, 'FROM --platform=linux/amd64 node:24'],
    ['web.Dockerfile', 'FROM node:22.1-slim', 1, 'FROM node:24-slim'],
    ['Dockerfile.dev', 'FROM registry/library/node:16', 1, 'FROM registry/library/node:24'],
    ['.nvmrc', 'v18.12.0\n', 1, 'v24'],
    ['.node-version', '18', 1, '24'],
  ])('reports the version in %s', (path, text, line, fix) => {
    expect(findingsOf(nodeVersion, { files: { [path]: text } })).toMatchObject([{ level: 'problem', path, line, fix }]);
  });

  it.each([
    [
      'Dockerfile',
      'FROM node:20\nFROM node:22\nFROM node:lts\nFROM node:22.14-slim\nFROM nginx:1.18\nRUN echo node:18',
    ],
    ['.nvmrc', 'lts/*'],
    ['docs/Dockerfile.md', 'FROM golang:1.18'],
  ])('accepts the versions in %s', (path, text) => {
    expect(findingsOf(nodeVersion, { files: { [path]: text } })).toEqual([]);
  });
});
