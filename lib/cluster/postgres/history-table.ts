/**
 * The table of the lists, over a connection of its own, so that they delay no messages. The order of a list is the order
 * of the ids of its rows.
 */
import { createHash } from 'node:crypto';
import type { BrokerContext, BrokerLists, ListContent, ListEntry } from '../broker/broker.js';
import { ListGrowth } from '../broker/list-growth.js';
import type { PostgresClient } from './postgres-client.js';
import { PostgresConnection, type Run } from './postgres-connection.js';
import { createTable, tableName } from './table.js';

/** ms between two removals of rows that have expired. */
const REMOVAL = 60_000;

export class HistoryTable implements BrokerLists {
  readonly #name: string;
  readonly #connection: PostgresConnection;
  readonly #clock: BrokerContext['clock'];
  readonly #growth = new ListGrowth();
  #removedAt = 0;

  /** @param report called with the reason for which there is no connection, and with `null` when there is one */
  constructor(
    channel: string,
    create: () => PostgresClient,
    { clock }: Pick<BrokerContext, 'clock'>,
    report: (problem: string | null) => void,
  ) {
    this.#name = tableName(channel, '_history');
    this.#clock = clock;
    this.#connection = new PostgresConnection(
      create,
      {
        prepare: (run) => this.#prepare(run),
        connected: () => report(null),
        lost: report,
      },
      clock,
    );
  }

  // --- Public methods ---

  get ready(): Promise<void> {
    return this.#connection.ready;
  }

  open(): void {
    this.#connection.open();
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  async append(entries: readonly ListEntry[]): Promise<void> {
    const rows = newest(entries.map((entry) => ({ ...entry, key: columnOf(entry.key) })));
    await this.#connection.run({
      name: 'nest-socketio append',
      text:
        `insert into "${this.#name}" (list, key, bytes, until) ` +
        `select list, key, bytes, now() + ttl * interval '1 ms' ` +
        'from unnest($1::text[], $2::text[], $3::bytea[], $4::float8[]) with ordinality ' +
        'as entry (list, key, bytes, ttl, place) order by place ' +
        'on conflict (list, key) do update set bytes = excluded.bytes, until = excluded.until, id = excluded.id',
      values: [
        rows.map(({ list }) => list),
        rows.map(({ key }) => key),
        rows.map(({ bytes }) => bytes),
        rows.map(({ ttl }) => ttl),
      ],
    });
    await this.#removeOldest(rows);
  }

  async read(list: string, limit: number): Promise<ListContent> {
    const rows = await this.#connection.run({
      name: 'nest-socketio read',
      text:
        `(select key, bytes, id from "${this.#name}" where list = $1 and key is null and until > now() ` +
        'order by id desc limit $2) ' +
        `union all (select key, bytes, id from "${this.#name}" where list = $1 and key is not null and until > now()) ` +
        'order by id',
      values: [list, limit],
    });
    const bytesOf = (isLatest: boolean): Buffer[] =>
      rows.filter(({ key }) => (key !== null) === isLatest).map(({ bytes }) => bytes as Buffer);
    return { entries: bytesOf(false), latest: bytesOf(true) };
  }

  async clear(list: string): Promise<void> {
    await this.#connection.run({ text: `delete from "${this.#name}" where list = $1`, values: [list] });
  }

  // --- Inside ---

  /** Rows without a key do not conflict: to PostgreSQL, no two NULLs are the same. */
  async #prepare(run: Run): Promise<void> {
    const columns =
      'id bigserial, list text not null, key text, bytes bytea not null, until timestamptz not null, ' +
      'unique (list, key)';
    await createTable(run, this.#name, `create table "${this.#name}" (${columns})`, [
      `create index if not exists "${this.#name}_order" on "${this.#name}" (list, id)`,
    ]);
  }

  /** Removes rows of lists that have too many, and from time to time all that have expired. */
  async #removeOldest(entries: readonly ListEntry[]): Promise<void> {
    const full = new Map<string, ListEntry>();
    for (const entry of entries) {
      if (this.#growth.add(entry.list, Math.min(entry.size, entry.keys))) full.set(entry.list, entry);
    }
    for (const { list, size, keys } of full.values()) {
      for (const [kind, count] of [
        ['null', size],
        ['not null', keys],
      ] as const) {
        await this.#connection.run({
          text:
            `delete from "${this.#name}" where list = $1 and key is ${kind} and id <= ` +
            `(select id from "${this.#name}" where list = $1 and key is ${kind} order by id desc offset $2 limit 1)`,
          values: [list, count],
        });
      }
    }
    if (this.#clock.now() - this.#removedAt < REMOVAL) return;
    this.#removedAt = this.#clock.now();
    await this.#connection.run({ text: `delete from "${this.#name}" where until < now()` });
  }
}

/** A text in PostgreSQL cannot have the character 0, and one in an index only so many bytes. A key may have both. */
function columnOf(key: string | null): string | null {
  return key === null ? null : createHash('sha256').update(key).digest('base64url');
}

/** A statement cannot change a row twice: of several entries with the same key, only the last one counts. */
function newest(entries: readonly ListEntry[]): ListEntry[] {
  const last = new Map<string, ListEntry>();
  for (const entry of entries) if (entry.key !== null) last.set(`${entry.list} ${entry.key}`, entry);
  return entries.filter((entry) => entry.key === null || last.get(`${entry.list} ${entry.key}`) === entry);
}
