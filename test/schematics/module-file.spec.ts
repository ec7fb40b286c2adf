import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { addToModule, type ModuleEntry } from '../../lib/schematics/module-file.js';

const MODULE: ModuleEntry = {
  list: 'imports',
  code: 'SocketIoModule.forRoot()',
  name: 'SocketIoModule',
  from: 'nest-socketio',
};
const GATEWAY: ModuleEntry = {
  list: 'providers',
  code: 'ChatGateway',
  name: 'ChatGateway',
  from: './chat.gateway.js',
};

const add = (code: string, entry = MODULE, className?: string): string | null =>
  addToModule(ts, code, entry, className);

describe('addToModule', () => {
  it('adds to the root module of a new application', () => {
    const created = `import { Module } from '@nestjs/common';
import { AppController } from './app.controller.js';

@Module({
  imports: [],
  controllers: [AppController],
})
export class AppModule {}
`;
    expect(add(add(created) as string, GATEWAY)).toBe(`import { Module } from '@nestjs/common';
import { AppController } from './app.controller.js';
import { SocketIoModule } from 'nest-socketio';
import { ChatGateway } from './chat.gateway.js';

@Module({
  imports: [SocketIoModule.forRoot()],
  controllers: [AppController],
  providers: [ChatGateway],
})
export class AppModule {}
`);
  });

  it.each<[string, string, string, ModuleEntry]>([
    ['a list on one line', '{ imports: [A, B] }', '{ imports: [A, B, SocketIoModule.forRoot()] }', MODULE],
    [
      'a list on several lines',
      '{\n    imports: [\n      A.forRoot({ a: 1 }),\n    ],\n}',
      '{\n    imports: [\n      A.forRoot({ a: 1 }),\n      SocketIoModule.forRoot(),\n    ],\n}',
      MODULE,
    ],
    [
      'no trailing comma',
      '{\n  imports: [\n    A\n  ]\n}',
      '{\n  imports: [\n    A,\n    SocketIoModule.forRoot()\n  ]\n}',
      MODULE,
    ],
    [
      'a list with a comment',
      '{ imports: [A /* , B */] }',
      '{ imports: [A, SocketIoModule.forRoot() /* , B */] }',
      MODULE,
    ],
    ['a spread', '{ imports: [...others] }', '{ imports: [...others, SocketIoModule.forRoot()] }', MODULE],
    ['an empty object', '{}', '{\n  imports: [SocketIoModule.forRoot()],\n}', MODULE],
    ['no such list', '{ controllers: [A] }', '{ imports: [SocketIoModule.forRoot()], controllers: [A] }', MODULE],
    ['no providers', '{ controllers: [A] }', '{ controllers: [A], providers: [ChatGateway] }', GATEWAY],
  ])('adds to %s', (_what, before, after, entry) => {
    const code = `import { Module } from '@nestjs/common';\n@Module(${before})\nclass AppModule {}`;
    const added = `import { ${entry.name} } from '${entry.from}';\n`;
    expect(add(code, entry)).toBe(code.replace(';\n', `;\n${added}`).replace(before, after));
  });

  it.each([
    ['double quotes', 'import { Module } from "@nestjs/common";', 'import { SocketIoModule } from "nest-socketio";'],
    ['no semicolons', "import { Module } from '@nestjs/common'", "import { SocketIoModule } from 'nest-socketio'"],
  ])('imports with %s, as the file does', (_style, line, added) => {
    expect(add(`${line}\n@Module({})\nclass A {}`)).toContain(`${line}\n${added}\n@Module`);
  });

  it('keeps the line breaks of Windows', () => {
    const code = add("import { Module } from '@nestjs/common';\r\n@Module({})\r\nclass A {}\r\n") as string;
    expect(code.replaceAll('\r\n', '')).not.toContain('\n');
    expect(code).toContain("import { SocketIoModule } from 'nest-socketio';\r\n@Module({\r\n  imports:");
  });

  it('extends an import of the same package', () => {
    expect(add("import { Server } from 'nest-socketio';\n@Module({})\nclass A {}")).toContain(
      "import { Server, SocketIoModule } from 'nest-socketio';\n@Module",
    );
  });

  it('adds a second import to one of types', () => {
    expect(add("import type { Socket } from 'nest-socketio';\n@Module({})\nclass A {}")).toContain(
      "import type { Socket } from 'nest-socketio';\nimport { SocketIoModule } from 'nest-socketio';\n",
    );
  });

  it('does not add twice', () => {
    const code = add('@Module({})\nclass A {}') as string;
    expect(add(code)).toBe(code);
  });

  it('edits the module of that name', () => {
    const code = '@Module({})\nclass A {}\n@Module({})\nclass B {}';
    expect(add(code, MODULE, 'B')).toMatch(/@Module\({}\)\nclass A {}\n@Module\({\n {2}imports/);
  });

  it.each([
    ['no module', 'class A {}'],
    ['metadata in a variable', '@Module(metadata)\nclass A {}'],
    ['a list in a variable', '@Module({ imports })\nclass A {}'],
    ['a computed list', '@Module({ imports: modules() })\nclass A {}'],
    ['another class', '@Module({})\nclass A {}'],
  ])('does not touch %s', (_what, code) => {
    expect(add(code, MODULE, code.startsWith('@Module({})') ? 'B' : undefined)).toBeNull();
  });
});
