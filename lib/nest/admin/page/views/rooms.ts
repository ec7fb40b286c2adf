/** The rooms of all servers, the largest first. */
import type { RoomList, RoomRow } from '../answers.js';
import { field, fillLink, h, input, select, setChoices, setText } from '../dom.js';
import { count, plural, visible } from '../format.js';
import { linkTo } from '../route.js';
import { Table } from '../table.js';
import { Filters } from './filters.js';
import { fillSend } from './send-form.js';
import { namespaceChoices, type PageContext, type View, withSilent } from './view.js';

const LIMIT = 200;

export class RoomsView implements View {
  readonly title = 'Rooms';
  readonly element: HTMLElement;
  readonly #page: PageContext;
  readonly #search = input('search', 'Name of a room', '', 'search');
  readonly #namespace = select('namespace', [['', 'All']]);
  readonly #count = h('p', { class: 'muted' });
  readonly #filters: Filters;

  readonly #table = new Table<RoomRow>({
    label: 'Rooms',
    empty: 'No room matches.',
    keyOf: ({ namespace, name }) => JSON.stringify([namespace, name]),
    hrefOf: ({ namespace, name }) => linkTo('clients', { namespace, room: name }),
    sortedBy: 'clients',
    columns: [
      {
        id: 'name',
        title: 'Room',
        kind: 'name',
        sort: ({ name }) => name,
        fill: (cell, { namespace, name }) =>
          fillLink(cell, visible(name, 80), linkTo('clients', { namespace, room: name })),
      },
      {
        id: 'namespace',
        title: 'Namespace',
        text: ({ namespace }) => visible(namespace, 60),
        sort: ({ namespace }) => namespace,
      },
      {
        id: 'clients',
        title: 'Clients',
        kind: 'number',
        text: ({ clients }) => count(clients),
        sort: ({ clients }) => clients,
      },
      {
        id: 'actions',
        title: '',
        kind: 'actions',
        fill: (cell, { namespace, name }) => fillSend(cell, this.#page, namespace, name, `the room ${name}`),
      },
    ],
  });

  constructor(page: PageContext) {
    this.#page = page;
    this.#search.dataset['shortcut'] = '/';
    this.#filters = new Filters(
      () => {
        page.replace('rooms', this.#query());
        page.refresh();
      },
      field('Search', this.#search),
      field('Namespace', this.#namespace),
    );
    this.element = h(
      'div',
      { class: 'view' },
      h('section', { class: 'panel' }, this.#filters.element, this.#count, this.#table.element),
    );
  }

  open(params: URLSearchParams): void {
    this.#search.value = params.get('search') ?? '';
    const namespace = params.get('namespace') ?? '';
    setChoices(this.#namespace, namespaceChoices(this.#page, namespace, 'All'));
    this.#namespace.value = namespace;
  }

  close(): void {
    this.#filters.cancel();
  }

  async refresh(): Promise<void> {
    const query = this.#query();
    const given = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== ''));
    const { total, rooms, silent } = await this.#page.ask<RoomList>('rooms', { ...given, limit: LIMIT });
    if (JSON.stringify(this.#query()) !== JSON.stringify(query)) return;
    setChoices(this.#namespace, namespaceChoices(this.#page, query.namespace, 'All'));
    this.#table.update(rooms);
    const all = plural(total, 'room');
    const text = rooms.length < total ? `The ${count(rooms.length)} largest of ${all}` : all;
    setText(this.#count, withSilent(text, silent));
  }

  #query(): { search: string; namespace: string } {
    return { search: this.#search.value.trim(), namespace: this.#namespace.value };
  }
}
