/** The tables of a channel. */
import type { Run } from './postgres-connection.js';

/** Characters of an identifier in PostgreSQL. */
const NAME_LENGTH = 63;

/** Errors of servers that create the same table at the same time. */
const EXISTS: ReadonlySet<unknown> = new Set(['23505', '42710', '42P07']);

/** Returns the name of a table. Several channels may share a table. */
export function tableName(channel: string, suffix: string): string {
  const words = channel.toLowerCase().replaceAll(/[^a-z\d_]/g, '_');
  return words.slice(0, NAME_LENGTH - suffix.length) + suffix;
}

/**
 * Creates a table if it is absent.
 * @param further statements for a table that was created here
 * @returns whether it was there
 */
export async function createTable(
  run: Run,
  name: string,
  statement: string,
  further: readonly string[] = [],
): Promise<boolean> {
  // CREATE TABLE IF NOT EXISTS needs the privilege to create tables even if the table exists.
  const [found] = await run({ text: 'select to_regclass($1) is not null as present', values: [`"${name}"`] });
  if (found?.['present'] === true) return true;
  try {
    for (const text of [statement, ...further]) await run({ text });
  } catch (error) {
    if (!EXISTS.has((error as { code?: unknown }).code)) throw error;
  }
  return false;
}
