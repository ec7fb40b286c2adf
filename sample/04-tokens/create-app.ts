/** Creates the application: Nest on Express, which also serves the page and the two scripts that it imports. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';

const require = createRequire(import.meta.url);

export async function createApp(): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule, {
    logger: ['error', 'warn'],
    abortOnError: false,
  });
  app.useStaticAssets(pageFolder());
  app.useStaticAssets(dirname(require.resolve('nest-socketio/client')), { prefix: '/nest-socketio-client/' });
  app.useStaticAssets(join(dirname(require.resolve('socket.io-client/package.json')), 'dist'), {
    prefix: '/socket.io-client/',
  });
  return app;
}

/** Finds `sample/04-tokens/public`, which is not compiled and so not next to this file, in a parent folder. */
function pageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'sample/04-tokens/public'))) {
    if (folder === dirname(folder)) throw new Error('The folder sample/04-tokens/public was not found.');
    folder = dirname(folder);
  }
  return join(folder, 'sample/04-tokens/public');
}
