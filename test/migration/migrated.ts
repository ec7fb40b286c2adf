import type { Launch } from './application.js';

/** An application of this folder, and the tests that it passes before and after its migration. */
export interface Migrated {
  /** The name of its folder. */
  readonly name: string;
  /** The options of its compiler, relative to the folder. */
  readonly config: string;
  /** Its processes. @param redisPort the port of Redis */
  launches(redisPort: number): Promise<readonly Launch[]>;
  /**
   * Describes the tests.
   * @param urls where its processes listen, in the order of the launches; empty until the tests run
   */
  clients(urls: readonly string[]): void;
}
