/** Starts a node: an ordinary Nest application on Express that also serves the page. */
import { fileURLToPath } from 'node:url';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { NodeModule } from './app.module.js';

/** The page is not compiled, and so not next to this file, which is in `build/sample-03-cluster` when it runs. */
const PAGE = fileURLToPath(new URL('../../sample/03-cluster/public', import.meta.url));

export async function startNode(): Promise<void> {
  const port = Number(process.env['PORT']);
  try {
    const app = await NestFactory.create<NestExpressApplication>(NodeModule, {
      logger: ['error', 'warn'],
      abortOnError: false,
    });
    app.useStaticAssets(PAGE);
    app.enableShutdownHooks();
    await app.listen(port);
    console.log(`Node ${process.env['NODE']} is open at http://localhost:${port} (process ${process.pid})`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}
