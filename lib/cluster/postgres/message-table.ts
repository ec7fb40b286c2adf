/**
 * The table for messages that do not fit into a notification. It is not logged, since a message that a crash removes
 * had been lost with the connections anyway.
 */
import type { Statement } from './postgres-client.js';
import type { Run } from './postgres-connection.js';

/** Characters of an identifier in PostgreSQL. */
const NAME_LENGTH = 63;

const SUFFIX = '_messages';

/** ms for which a row is kept at least: longer than a server takes to read it. */
export const ROW_TIME = 60_000;

/** Errors of servers that create the same table at the same time. */
const EXISTS: ReadonlySet<unknown> = new Set(['23505', '42710', '42P07']);

export class MessageTable {
  /** Several channels may share a table: keys are unique. */
  readonly name: string;

  constructor(channel: string) {
    const words = channel.toLowerCase().replaceAll(/[^a-z\d_]/g, '_');
    this.name = words.slice(0, NAME_LENGTH - SUFFIX.length) + SUFFIX;
  }

  /** Creates the table if it is absent, and removes old rows. */
  async prepare(run: Run): Promise<void> {
    // CREATE TABLE IF NOT EXISTS needs the privilege to create tables even if the table exists.
    const [found] = await run({ text: 'select to_regclass($1) is not null as present', values: [`"${this.name}"`] });
    if (found?.['present'] === true) {
      await run(this.removal);
      return;
    }
    try {
      await run({
        text:
          `create unlogged table "${this.name}" ` +
          '(key text primary key, bytes bytea not null, at timestamptz not null default now())',
      });
    } catch (error) {
      if (!EXISTS.has((error as { code?: unknown }).code)) throw error;
    }
  }

  /** Removes old rows. */
  get removal(): Statement {
    return { text: `delete from "${this.name}" where at < now() - interval '${ROW_TIME} ms'` };
  }

  /** Sends notifications, in order, after it has stored rows: all of it or nothing. */
  notify(channel: string, payloads: readonly string[], keys: readonly string[], bytes: readonly Buffer[]): Statement {
    const notify = 'select count(pg_notify($1, payload)) from unnest($2::text[]) as payload';
    if (keys.length === 0) return { name: 'nest-socketio notify', text: notify, values: [channel, payloads] };
    const store = `insert into "${this.name}" (key, bytes) select * from unnest($3::text[], $4::bytea[])`;
    return { text: `with stored as (${store}) ${notify}`, values: [channel, payloads, keys, bytes] };
  }

  read(keys: readonly string[]): Statement {
    return { text: `select key, bytes from "${this.name}" where key = any($1::text[])`, values: [keys] };
  }
}
