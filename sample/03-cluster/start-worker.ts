/** Starts the worker: an application without an HTTP server, and so without clients. */
import { NestFactory } from '@nestjs/core';
import { WorkerModule } from './app.module.js';

export async function startWorker(): Promise<void> {
  const app = await NestFactory.createApplicationContext(WorkerModule, { logger: ['error', 'warn'] });
  app.enableShutdownHooks();
  console.log('The worker sends a tick every second');
}
