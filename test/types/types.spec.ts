/** Code written for `socket.io` also compiles against this package, with the same inferred types. */
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const { config } = ts.readConfigFile(`${ROOT}/tsconfig.json`, (path) => ts.sys.readFile(path)) as { config: object };
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);

/** Parses each file once for all compilations. */
const host = ts.createCompilerHost(options);
const parsed = new Map<string, ts.SourceFile | undefined>();
const parse = host.getSourceFile.bind(host);
host.getSourceFile = (name, ...rest) => {
  if (!parsed.has(name)) parsed.set(name, parse(name, ...rest));
  return parsed.get(name);
};

const DEADLINE = 120_000; // two compilers at a time on a busy machine

/** Compiles one file of this folder. @returns the errors that the compiler reports */
function compile(file: string, paths: ts.MapLike<string[]> = {}): string[] {
  const program = ts.createProgram({
    rootNames: [`${ROOT}/test/types/${file}`],
    options: { ...options, paths: { ...options.paths, ...paths } },
    host,
  });
  return ts.getPreEmitDiagnostics(program).map(({ file: where, start, messageText }) => {
    const line = where === undefined ? 0 : where.getLineAndCharacterOfPosition(start ?? 0).line + 1;
    return `${where?.fileName ?? ''}:${line} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
}

describe('code written for Socket.IO', () => {
  it('compiles against socket.io', { timeout: DEADLINE }, () => {
    expect(compile('socket-io-code.ts')).toEqual([]);
  });

  it('compiles against this package after changing the import', { timeout: DEADLINE }, () => {
    expect(compile('socket-io-code.ts', { 'socket.io': ['./lib/index.ts'] })).toEqual([]);
  });
});

describe('types', () => {
  it('are the same as those of Socket.IO, and catch the same mistakes', { timeout: DEADLINE }, () => {
    expect(compile('same-types.ts')).toEqual([]);
  });

  it('fail to compile if they differ', { timeout: DEADLINE }, () => {
    const complaints = compile('same-types.ts', {
      'socket.io': ['./node_modules/socket.io-client/build/esm/index.d.ts'],
    });
    expect(complaints.length).toBeGreaterThan(10);
  });
});
