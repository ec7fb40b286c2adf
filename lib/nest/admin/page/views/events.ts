/** Events by name: rates, durations of their handlers, and how often they failed. */
import type { EventRow } from '../answers.js';
import { field, h, select, setText } from '../dom.js';
import { count, latency, plural, rate, visible } from '../format.js';
import { Rates } from '../rates.js';
import { draw, sparkline } from '../sparkline.js';
import { Table } from '../table.js';
import type { PageContext, View } from './view.js';

const SORTS = [
  ['in', 'Events in'],
  ['out', 'Events out'],
  ['p50', 'p50'],
  ['p99', 'p99'],
  ['rejected', 'Rejected'],
  ['failed', 'Failed'],
  ['name', 'Name'],
] as const;

export class EventsView implements View {
  readonly title = 'Events';
  readonly element: HTMLElement;
  readonly #page: PageContext;
  readonly #rates = new Rates();
  readonly #sort = select('sort', SORTS);
  readonly #count = h('p', { class: 'muted' });

  readonly #table = new Table<EventRow>({
    label: 'Events',
    empty: 'No event has been received or sent.',
    keyOf,
    sortedBy: 'in',
    columns: [
      {
        id: 'name',
        title: 'Event',
        kind: 'name',
        sort: ({ event }) => event,
        fill: (cell, { event, namespace }) => {
          if (cell.childElementCount === 0) cell.append(h('strong'), h('span', { class: 'muted' }));
          setText(cell.children[0] as Element, visible(event, 80));
          setText(cell.children[1] as Element, visible(namespace, 60));
        },
      },
      { id: 'in', title: 'In/s', kind: 'number', sort: (row) => this.#in(row), fill: this.#fillRate('received') },
      { id: 'out', title: 'Out/s', kind: 'number', sort: (row) => this.#out(row), fill: this.#fillRate('sent') },
      { id: 'received', title: 'Received', kind: 'number', text: ({ received }) => count(received) },
      { id: 'sent', title: 'Sent', kind: 'number', text: ({ sent }) => count(sent) },
      { id: 'p50', title: 'p50', kind: 'number', text: ({ p50 }) => latency(p50), sort: ({ p50 }) => p50 ?? -1 },
      { id: 'p99', title: 'p99', kind: 'number', text: ({ p99 }) => latency(p99), sort: ({ p99 }) => p99 ?? -1 },
      {
        id: 'rejected',
        title: 'Rejected',
        kind: 'number',
        text: ({ rejected }) => count(rejected),
        sort: ({ rejected }) => rejected,
      },
      {
        id: 'failed',
        title: 'Failed',
        kind: 'number',
        text: ({ failed }) => count(failed),
        sort: ({ failed }) => failed,
        isBad: ({ failed }) => failed > 0,
      },
    ],
  });

  constructor(page: PageContext) {
    this.#page = page;
    // On a phone, where the titles of the columns are hidden
    const filters = h('form', { class: 'filters narrow' }, field('Sort by', this.#sort));
    this.#sort.addEventListener('change', () => this.#table.sortBy(this.#sort.value));
    this.#table.element.addEventListener('click', () => (this.#sort.value = this.#table.sortedBy ?? 'in'));
    this.element = h(
      'div',
      { class: 'view' },
      h('section', { class: 'panel' }, filters, this.#count, this.#table.element),
    );
  }

  open(): void {}

  async refresh(): Promise<void> {
    const at = performance.now(); // of the request, since answers may be late
    const rows = await this.#page.ask<readonly EventRow[]>('events');
    for (const row of rows) {
      const key = keyOf(row);
      this.#rates.add(`received ${key}`, row.received, at);
      this.#rates.add(`sent ${key}`, row.sent, at);
    }
    this.#rates.forget(at);
    setText(this.#count, `${plural(rows.length, 'event')}, counted since this page was first opened`);
    this.#table.update(rows);
  }

  /** The total is a tie-breaker, as long as nothing happens. */
  #in(row: EventRow): number {
    return (this.#rates.of(`received ${keyOf(row)}`) ?? 0) + row.received / 1e15;
  }

  #out(row: EventRow): number {
    return (this.#rates.of(`sent ${keyOf(row)}`) ?? 0) + row.sent / 1e15;
  }

  #fillRate(name: 'received' | 'sent') {
    return (cell: HTMLElement, row: EventRow): void => {
      if (cell.childElementCount === 0) {
        const curve = sparkline(name === 'sent' ? 'out' : '');
        cell.append(h('span', { class: 'rated' }, curve, h('span')));
      }
      const [curve, text] = (cell.firstElementChild as Element).children as unknown as [SVGSVGElement, HTMLElement];
      const key = `${name} ${keyOf(row)}`;
      draw(curve, this.#rates.history(key));
      setText(text, rate(this.#rates.of(key)));
    };
  }
}

function keyOf({ namespace, event }: EventRow): string {
  return JSON.stringify([namespace, event]);
}
