/** The clients of all servers, searched, filtered and sorted by the servers. */
import type { ClientList, ClientRow } from '../answers.js';
import { field, h, input, select, setChoices, setText } from '../dom.js';
import { age, bytes, count, latency, plural, visible } from '../format.js';
import { linkTo } from '../route.js';
import { Table } from '../table.js';
import { Filters } from './filters.js';
import { namespaceChoices, type PageContext, type View, withSilent } from './view.js';

/** The clients that are shown at first, and the largest number that a server sends. */
const LIMIT = 100;
const MAX_LIMIT = 500;

/** The rooms that a row shows. */
const SHOWN_ROOMS = 3;

const SORTS = [
  ['age', 'Newest first'],
  ['waiting', 'Most waiting bytes'],
  ['user', 'User'],
] as const;

export class ClientsView implements View {
  readonly title = 'Clients';
  readonly element: HTMLElement;
  readonly #page: PageContext;
  readonly #search = input('search', 'Id, user or address', '', 'search');
  readonly #namespace = select('namespace', [['', 'All']]);
  readonly #room = input('room', 'Any room', '', 'search');
  readonly #sort = select('sort', SORTS);
  readonly #count = h('p', { class: 'muted' });
  readonly #more = h('button', { class: 'button', attributes: { type: 'button' } });
  #limit = LIMIT;
  #now = 0;
  readonly #filters: Filters;

  readonly #table = new Table<ClientRow>({
    label: 'Clients',
    empty: 'No client matches.',
    keyOf: ({ namespace, id }) => JSON.stringify([namespace, id]),
    sortedBy: 'age',
    onSort: (column) => {
      this.#sort.value = column;
      this.#apply();
    },
    hrefOf: ({ namespace, id }) => linkTo('client', { namespace, id }),
    columns: [
      { id: 'user', title: 'Client', kind: 'name', isSortable: true, fill: fillClient },
      { id: 'namespace', title: 'Namespace', kind: 'short', text: ({ namespace }) => visible(namespace, 60) },
      { id: 'rooms', title: 'Rooms', fill: fillRooms },
      { id: 'node', title: 'Node', kind: 'short', text: ({ node }) => visible(node, 60) },
      { id: 'address', title: 'Address', kind: 'short', text: ({ address }) => visible(address, 60) },
      {
        id: 'age',
        title: 'Connected',
        kind: 'number',
        isSortable: true,
        text: ({ connectedAt }) => age(this.#now - connectedAt),
      },
      {
        id: 'waiting',
        title: 'Waiting',
        kind: 'number',
        isSortable: true,
        text: ({ waitingBytes }) => bytes(waitingBytes),
        isBad: ({ waitingBytes }) => waitingBytes > 0,
      },
      {
        id: 'roundTrip',
        title: 'Round trip',
        kind: 'number',
        text: ({ roundTrip }) => latency(roundTrip === null ? null : roundTrip / 1_000),
      },
    ],
  });

  constructor(page: PageContext) {
    this.#page = page;
    this.#search.dataset['shortcut'] = '/';
    this.#filters = new Filters(
      () => this.#apply(),
      field('Search', this.#search),
      field('Namespace', this.#namespace),
      field('Room', this.#room),
      field('Sort by', this.#sort),
    );
    this.#more.hidden = true;
    this.#more.addEventListener('click', () => {
      this.#limit = MAX_LIMIT;
      this.#page.refresh();
    });
    this.element = h(
      'div',
      { class: 'view' },
      h('section', { class: 'panel' }, this.#filters.element, this.#count, this.#table.element, this.#more),
    );
  }

  open(params: URLSearchParams): void {
    this.#limit = LIMIT;
    this.#search.value = params.get('search') ?? '';
    this.#room.value = params.get('room') ?? '';
    const namespace = params.get('namespace') ?? '';
    this.#showChoices(namespace);
    this.#namespace.value = namespace;
    this.#sort.value = SORTS.find(([id]) => id === params.get('sort'))?.[0] ?? 'age';
  }

  close(): void {
    this.#filters.cancel();
  }

  async refresh(): Promise<void> {
    const query = this.#query();
    const { sort, ...filters } = query;
    const given = Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== ''));
    const answer = await this.#page.ask<ClientList>('clients', { ...given, sort, limit: this.#limit });
    // A filter that was changed meanwhile has its own answer.
    if (JSON.stringify(this.#query()) !== JSON.stringify(query)) return;
    const { total, clients, silent } = answer;
    this.#now = Date.now();
    this.#showChoices(query.namespace);
    this.#table.markSortedBy(sort);
    this.#table.update(clients);
    const all = plural(total, 'client');
    const text = clients.length < total ? `${count(clients.length)} of ${all}` : all;
    setText(this.#count, withSilent(text, silent));
    this.#more.hidden = clients.length >= total || this.#limit === MAX_LIMIT;
    setText(this.#more, `Show up to ${count(Math.min(total, MAX_LIMIT))}`);
  }

  #showChoices(chosen: string): void {
    setChoices(this.#namespace, namespaceChoices(this.#page, chosen, 'All'));
  }

  #query(): { search: string; namespace: string; room: string; sort: string } {
    const [search, room] = [this.#search.value.trim(), this.#room.value.trim()];
    return { search, namespace: this.#namespace.value, room, sort: this.#sort.value };
  }

  #apply(): void {
    this.#page.replace('clients', this.#query());
    this.#page.refresh();
  }
}

function fillClient(cell: HTMLElement, { user, id, namespace }: ClientRow): void {
  if (cell.childElementCount === 0) cell.append(h('a', {}, h('strong')), h('span', { class: 'id' }));
  const [link, detail] = cell.children as unknown as [HTMLAnchorElement, HTMLElement];
  setText(link.firstElementChild as Element, user === null ? visible(id, 60) : visible(user, 60));
  link.href = linkTo('client', { namespace, id });
  setText(detail, user === null ? 'no user' : visible(id, 60));
}

function fillRooms(cell: HTMLElement, { namespace, rooms, roomCount }: ClientRow): void {
  const signature = JSON.stringify([rooms, roomCount]);
  if (cell.dataset['shown'] === signature) return;
  cell.dataset['shown'] = signature;
  const shown = rooms.slice(0, SHOWN_ROOMS);
  const chips: HTMLElement[] = shown.map((room) => roomChip(namespace, room));
  if (roomCount > shown.length) chips.push(h('span', { class: 'muted' }, `+${count(roomCount - shown.length)}`));
  cell.replaceChildren(h('span', { class: 'chips' }, ...chips));
}

/** Creates a link to the clients of a room. */
export function roomChip(namespace: string, room: string): HTMLElement {
  const link = h('a', { class: 'chip', title: visible(room) }, visible(room, 30));
  link.href = linkTo('clients', { namespace, room });
  return link;
}
