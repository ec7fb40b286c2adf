/**
 * The table for messages that do not fit into a notification. It is not logged, since a message that a crash removes
 * had been lost with the connections anyway.
 */
import type { Statement } from './postgres-client.js';
import type { Run } from './postgres-connection.js';
import { createTable, tableName } from './table.js';

/** ms for which a row is kept at least: longer than a server takes to read it. */
export const ROW_TIME = 60_000;

export class MessageTable {
  /** Several channels may share a table: keys are unique. */
  readonly name: string;

  constructor(channel: string) {
    this.name = tableName(channel, '_messages');
  }

  /** Creates the table if it is absent, and removes old rows. */
  async prepare(run: Run): Promise<void> {
    const columns = 'key text primary key, bytes bytea not null, at timestamptz not null default now()';
    const isOld = await createTable(run, this.name, `create unlogged table "${this.name}" (${columns})`);
    if (isOld) await run(this.removal);
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
