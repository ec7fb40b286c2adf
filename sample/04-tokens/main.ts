/** Starts the sample. */
import type { AddressInfo } from 'node:net';
import { createApp } from './create-app.js';

const port = Number(process.env['PORT'] ?? 3000);

try {
  const app = await createApp();
  app.enableShutdownHooks();
  await app.listen(port);
  const { port: open } = app.getHttpServer().address() as AddressInfo;
  console.log(`The sample is open at http://localhost:${open}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
