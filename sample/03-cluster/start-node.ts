/** Starts a node: an ordinary Nest application on Express that also serves the page. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { NodeModule } from './app.module.js';

export async function startNode(): Promise<void> {
  const port = Number(process.env['PORT']);
  try {
    const app = await NestFactory.create<NestExpressApplication>(NodeModule, { logger: ['error', 'warn'] });
    app.useStaticAssets(pageFolder());
    app.enableShutdownHooks();
    await app.listen(port);
    console.log(`Node ${process.env['NODE']} is open at http://localhost:${port} (process ${process.pid})`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}

/** Finds `sample/03-cluster/public`, which is not compiled and so not next to this file, in a parent folder. */
function pageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'sample/03-cluster/public'))) {
    if (folder === dirname(folder)) throw new Error('The folder sample/03-cluster/public was not found.');
    folder = dirname(folder);
  }
  return join(folder, 'sample/03-cluster/public');
}
