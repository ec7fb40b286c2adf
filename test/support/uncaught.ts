/** Exceptions and rejections that reach the process, where they would end it. */
import { expect, onTestFinished } from 'vitest';

const EVENTS = ['uncaughtException', 'unhandledRejection'] as const;

/** Fails the test that is running if any occurs until it has finished. */
export function expectNothingUncaught(): void {
  const uncaught: unknown[] = [];
  const record = (error: unknown): void => void uncaught.push(error);
  for (const event of EVENTS) process.on(event, record);
  onTestFinished(() => {
    for (const event of EVENTS) process.off(event, record);
    expect(uncaught).toEqual([]);
  });
}
