/** Migrates source text in memory. */
import ts from 'typescript';
import { expect } from 'vitest';
import { type Migration, migrate } from '../../lib/cli/migrate/migration.js';
import { Project } from '../../lib/cli/project/project.js';

export interface Migrated extends Migration {
  /** All files afterwards, by path. */
  readonly files: Readonly<Record<string, string>>;
  /** The open decisions as `path:line text`. */
  readonly open: readonly string[];
}

/** Migrates a project, and expects that a second migration finds nothing to change. */
export function migrated(files: Readonly<Record<string, string>>): Migrated {
  const first = migrate(ts, new Project(files), '1.2.3');
  const after = applied(files, first);
  expect(migrate(ts, new Project(after), '1.2.3').changes).toEqual([]);
  return { ...first, files: after, open: first.decisions.map(({ path, line, text }) => `${path}:${line} ${text}`) };
}

function applied(files: Readonly<Record<string, string>>, { changes }: Migration): Record<string, string> {
  const after = new Map(Object.entries(files));
  for (const { path, after: text } of changes) {
    if (text === null) after.delete(path);
    else after.set(path, text);
  }
  return Object.fromEntries(after);
}

/** An application with a gateway, whose `main.ts` and adapter are given. */
export function application(main: string, others: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    'package.json': '{ "dependencies": { "@nestjs/platform-socket.io": "^12.0.0", "socket.io": "^4.8.0" } }\n',
    'src/app.module.ts': MODULE,
    'src/chat.gateway.ts': GATEWAY,
    'src/main.ts': main,
    ...others,
  };
}

const MODULE = `import { Module } from '@nestjs/common';
import { ChatGateway } from './chat.gateway';

@Module({
  imports: [],
  providers: [ChatGateway],
})
export class AppModule {}
`;

const GATEWAY = `import { WebSocketGateway } from '@nestjs/websockets';

@WebSocketGateway()
export class ChatGateway {}
`;

/** A `main.ts` that runs some lines before it listens. */
export function mainWith(lines: string, imports = "import { SocketAdapter } from './socket.adapter';"): string {
  return `import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module';
${imports}

async function bootstrap() {
  const app = await NestFactory.create(AppModule);
${lines}
  await app.listen(3000);
}
void bootstrap();
`;
}

/** The `imports` of `AppModule` afterwards. */
export function moduleImports({ files }: Migrated): string {
  return /imports: (\[[\s\S]*?\]),\n {2}providers/.exec(files['src/app.module.ts'] ?? '')?.[1] ?? '';
}

/** The lines of `main.ts` between the creation of the application and `listen`. */
export function mainLines({ files }: Migrated): string {
  return /create\(AppModule\);\n([\s\S]*?) {2}await app\.listen/.exec(files['src/main.ts'] ?? '')?.[1]?.trimEnd() ?? '';
}
