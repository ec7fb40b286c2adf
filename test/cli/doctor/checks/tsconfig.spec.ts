import { describe, expect, it } from 'vitest';
import { tsconfig } from '../../../../lib/cli/doctor/checks/tsconfig.js';
import { findingsOf, linesOf } from '../facts.js';

const DECORATORS = '"experimentalDecorators": true, "emitDecoratorMetadata": true';
const COMMONJS = '{ "dependencies": { "nest-socketio": "*" } }';
const options = (text: string): string => `{ "compilerOptions": { ${text} } }`;

describe('the check of compiler options', () => {
  it('reports decorators that are off', () => {
    const files = { 'tsconfig.json': options('"emitDecoratorMetadata": false, // no') };
    expect(linesOf(tsconfig, { files })).toEqual([
      'tsconfig.json problem: Nest needs the compiler option experimentalDecorators, but it is not set.' +
        ' → "experimentalDecorators": true',
      'tsconfig.json problem: Nest needs the compiler option emitDecoratorMetadata, but it is not set.' +
        ' → "emitDecoratorMetadata": true',
    ]);
  });

  it('only hints at them if SWC compiles', () => {
    const files = { 'tsconfig.json': options('"experimentalDecorators": true'), '.swcrc': '{}' };
    expect(findingsOf(tsconfig, { files })).toMatchObject([{ level: 'hint' }]);
  });

  it.each<[string, Record<string, string>]>([
    ['the options themselves', { 'tsconfig.json': options(DECORATORS) }],
    [
      'options of a file that is extended',
      {
        'tsconfig.json': '{ "extends": "./config/base" }',
        'config/base.json': options(DECORATORS),
      },
    ],
    ['a base in a package', { 'tsconfig.json': '{ "extends": "@acme/tsconfig/nest.json" }' }],
    ['a base that is missing', { 'tsconfig.json': '{ "extends": "../elsewhere.json" }' }],
    ['files that extend each other', { 'tsconfig.json': '{ "extends": "./tsconfig.json" }' }],
    ['no tsconfig.json', {}],
    ['node16 in ES modules', { 'tsconfig.json': options(`${DECORATORS}, "module": "node16"`) }],
    ['CommonJS', { 'package.json': COMMONJS, 'tsconfig.json': options(`${DECORATORS}, "module": "commonjs"`) }],
  ])('accepts %s', (_what, files) => {
    expect(findingsOf(tsconfig, { files })).toEqual([]);
  });

  it.each(['node16', 'Node18'])('reports %s in CommonJS', (module) => {
    const files = { 'package.json': COMMONJS, 'tsconfig.json': options(`${DECORATORS}, "module": "${module}"`) };
    expect(linesOf(tsconfig, { files })).toEqual([
      'tsconfig.json problem: A CommonJS application must be compiled with "nodenext" or "commonjs" to import ES modules, ' +
        `but "module" is "${module}". → "module": "nodenext"`,
    ]);
  });
});
