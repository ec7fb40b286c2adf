/** Starts the sample: an ordinary Nest application on Express that also serves the page. */
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';

const port = Number(process.env['PORT'] ?? 3000);

try {
  const app = await NestFactory.create<NestExpressApplication>(AppModule, { abortOnError: false });
  app.useStaticAssets(pageFolder());
  app.enableShutdownHooks();
  await app.listen(port);
  const { port: open } = app.getHttpServer().address() as AddressInfo;
  console.log(`The sample is open at http://localhost:${open}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

/** Finds `sample/02-sessions/public`, which is not compiled and so not next to this file, in a parent folder. */
function pageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'sample/02-sessions/public'))) {
    if (folder === dirname(folder)) throw new Error('The folder sample/02-sessions/public was not found.');
    folder = dirname(folder);
  }
  return join(folder, 'sample/02-sessions/public');
}
