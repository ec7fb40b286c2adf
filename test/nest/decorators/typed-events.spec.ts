/** The compiler's word on test/types/nest-events.ts. */
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const FILE = `${ROOT}test/types/nest-events.ts`;
const DIRECTIVE = '// @ts-expect-error -- ';

/** The lines, counted from 0, on which a text for the file has errors. */
function errorLines(text: string): number[] {
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(`${ROOT}tsconfig.json`, (name) => ts.sys.readFile(name)).config,
    ts.sys,
    ROOT,
  );
  const host = ts.createCompilerHost(options);
  const original = host.getSourceFile.bind(host);
  host.getSourceFile = (name, ...rest) =>
    name === FILE ? ts.createSourceFile(name, text, rest[0]) : original(name, ...rest);
  const program = ts.createProgram([FILE], options, host);
  const source = program.getSourceFile(FILE) as ts.SourceFile;
  const errors = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
  return errors.map(({ start }) => source.getLineAndCharacterOfPosition(start ?? 0).line);
}

describe('typed events', () => {
  it('make each wrong name, payload and acknowledgement an error, and nothing else', () => {
    const text = ts.sys.readFile(FILE) ?? '';
    const wrong = text.split('\n').flatMap((line, index) => (line.includes(DIRECTIVE) ? [index + 1] : []));
    expect(wrong.length).toBeGreaterThanOrEqual(15);
    expect(new Set(errorLines(text.replaceAll('@ts-expect-error', 'an error')))).toEqual(new Set(wrong));
  }, 120_000); // it compiles all that the file imports
});
