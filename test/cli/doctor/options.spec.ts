import ts from 'typescript';
import { expect, it } from 'vitest';
import { setsOption } from '../../../lib/cli/doctor/options.js';
import { Project } from '../../../lib/cli/project/project.js';
import { Sources } from '../../../lib/cli/source/sources.js';

it.each([
  ["import 'nest-socketio'; const o = { cors: {} };", true],
  ["import 'nest-socketio'; const o = { cors };", true],
  ['@WebSocketGateway({ cors: true }) class A {}', true],
  ["import 'nest-socketio'; // cors: true", false],
  ['const o = { cors: true };', false],
])('knows whether an option is set in: %s', (code, result) => {
  expect(setsOption(new Sources(ts, new Project({ 'a.ts': code })), 'cors')).toBe(result);
});
