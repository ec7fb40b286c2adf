import { describe, expect, it } from 'vitest';
import { severalProcesses } from '../../../../lib/cli/doctor/checks/several-processes.js';
import { findingsOf, linesOf } from '../facts.js';

const REST = 'without a broker each of them broadcasts to its own clients only.';
const FIX = "SocketIoModule.forRoot({ broker: 'redis://localhost:6379' })";
const pm2 = (instances: string): string =>
  `module.exports = {\n  apps: [{ script: 'dist/main.js', instances: ${instances} }],\n};`;

describe('the check of several processes', () => {
  it.each([
    ["'max'", 'several'],
    ['0', 'several'],
    ['-1', 'several'],
    ['4', '4'],
    ["'2'", '2'],
  ])('reports instances of PM2: %s', (instances, number) => {
    expect(linesOf(severalProcesses, { files: { 'ecosystem.config.js': pm2(instances) } })).toEqual([
      `ecosystem.config.js:2 problem: PM2 starts ${number} processes, but ${REST} → ${FIX}`,
    ]);
  });

  it('hints at containers', () => {
    const text = 'kind: Deployment\nspec:\n\n  replicas: 3 # in production\n';
    expect(linesOf(severalProcesses, { files: { 'k8s/api.yaml': text } })).toEqual([
      `k8s/api.yaml:4 hint: This file starts 3 containers, but ${REST} → ${FIX}`,
    ]);
  });

  it.each<[string, Record<string, string>]>([
    ['one process', { 'ecosystem.config.cjs': pm2('1') }],
    ['one container', { 'compose.yml': 'deploy:\n  replicas: 1\n' }],
    ['a broker', { 'ecosystem.config.js': pm2('4'), 'src/a.ts': "import 'nest-socketio';\nforRoot({ broker })" }],
    ['an adapter', { 'ecosystem.config.js': pm2('4'), 'src/a.ts': "import 'nest-socketio';\nforRoot({ adapter })" }],
    [
      'a package with an adapter',
      {
        'ecosystem.config.js': pm2('4'),
        'package.json': '{ "dependencies": { "nest-socketio": "*", "@socket.io/redis-adapter": "*" } }',
      },
    ],
    ['other files of that kind', { 'src/instances.js': pm2('4') }],
  ])('accepts %s', (_what, files) => {
    expect(findingsOf(severalProcesses, { files })).toEqual([]);
  });
});
