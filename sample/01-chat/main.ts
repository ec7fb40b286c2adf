/** Starts the chat: an ordinary Nest application on Express that also serves the page, without any code for sockets. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';

const port = Number(process.env['PORT'] ?? 3000);

const app = await NestFactory.create<NestExpressApplication>(AppModule);
app.useStaticAssets(pageFolder());
app.useStaticAssets(clientFolder(), { prefix: '/socket.io-client/' });
app.enableShutdownHooks();

try {
  await app.listen(port);
  const { port: open } = app.getHttpServer().address() as AddressInfo;
  console.log(`The chat is open at http://localhost:${open}`);
} catch (error) {
  if (!isPortTaken(error)) throw error;
  console.error(`Port ${port} is taken by another program. Choose a free port: PORT=${port + 1} npm start`);
  process.exit(1);
}

/** Finds `sample/01-chat/public`, which is not compiled and so not next to this file, in a parent folder. */
function pageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'sample/01-chat/public'))) {
    if (folder === dirname(folder)) throw new Error('The folder sample/01-chat/public was not found.');
    folder = dirname(folder);
  }
  return join(folder, 'sample/01-chat/public');
}

/** The folder with the browser bundle of the stock client. */
function clientFolder(): string {
  return join(dirname(createRequire(import.meta.url).resolve('socket.io-client/package.json')), 'dist');
}

function isPortTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}
