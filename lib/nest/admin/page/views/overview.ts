/** Nodes with their rates, namespaces, refusals, limits that were reached, and the latest failures. */
import type { NodeRow, Overview } from '../answers.js';
import { fillLink, h, panel, reconcile, setText } from '../dom.js';
import { age, bytes, clock, count, latency, plural, rate, visible } from '../format.js';
import { Rates } from '../rates.js';
import { linkTo } from '../route.js';
import { draw, sparkline } from '../sparkline.js';
import { Table } from '../table.js';
import { fillSend } from './send-form.js';
import type { PageContext, View } from './view.js';

/** The failures that are shown; the latest ones. */
const MAX_FAILURES = 100;

/** s of p99 event-loop delay, and ms without a sign of life, from which a node needs attention */
const SLOW_LOOP = 0.1;
const SILENT = 10_000;

const RATES = ['received', 'sent', 'bytesIn', 'bytesOut'] as const;

type RateName = (typeof RATES)[number];

export class OverviewView implements View {
  readonly title = 'Overview';
  readonly element: HTMLElement;
  readonly #page: PageContext;
  readonly #rates = new Rates();
  readonly #tiles = {
    clients: tile('Clients'),
    received: tile('Events in'),
    sent: tile('Events out', 'out'),
    bytesIn: tile('Traffic in'),
    bytesOut: tile('Traffic out', 'out'),
    buffered: tile('Waiting to be sent'),
  };
  #now = 0;

  readonly #nodes = new Table<NodeRow>({
    label: 'Nodes',
    empty: 'No server has answered yet.',
    keyOf: ({ id }) => id,
    columns: [
      { id: 'name', title: 'Node', kind: 'name', fill: (cell, row) => this.#fillName(cell, row) },
      { id: 'clients', title: 'Clients', kind: 'number', text: ({ clients }) => count(clients) },
      { id: 'rooms', title: 'Rooms', kind: 'number', text: ({ rooms }) => count(rooms) },
      {
        id: 'events',
        title: 'Events/s in · out',
        kind: 'number',
        fill: (cell, { id }) => this.#fillRates(cell, id, ['received', 'sent'], rate),
      },
      {
        id: 'bytes',
        title: 'Bytes/s in · out',
        kind: 'number',
        fill: (cell, { id }) => this.#fillRates(cell, id, ['bytesIn', 'bytesOut'], bytes),
      },
      { id: 'memory', title: 'Memory', kind: 'number', text: ({ memory }) => bytes(memory) },
      {
        id: 'loop',
        title: 'Loop p99',
        kind: 'number',
        text: ({ loopDelay }) => latency(loopDelay),
        isBad: ({ loopDelay }) => (loopDelay ?? 0) >= SLOW_LOOP,
      },
      {
        id: 'waiting',
        title: 'Waiting',
        kind: 'number',
        text: ({ buffered, slow }) => bytes(buffered) + ((slow ?? 0) > 0 ? ` · ${count(slow)} slow` : ''),
        isBad: ({ slow }) => (slow ?? 0) > 0,
      },
      {
        id: 'up',
        title: 'Up',
        kind: 'number',
        text: ({ startedAt }) => age(startedAt === null ? null : this.#now - startedAt),
      },
    ],
  });

  readonly #namespaces = new Table<Overview['namespaces'][number]>({
    label: 'Namespaces',
    empty: 'No namespace has been created.',
    keyOf: ({ name }) => name,
    sortedBy: 'clients',
    columns: [
      {
        id: 'name',
        title: 'Namespace',
        kind: 'name',
        sort: ({ name }) => name,
        fill: (cell, { name }) => fillLink(cell, visible(name), linkTo('clients', { namespace: name })),
      },
      {
        id: 'clients',
        title: 'Clients',
        kind: 'number',
        text: ({ clients }) => count(clients),
        sort: ({ clients }) => clients,
      },
      { id: 'rooms', title: 'Rooms', kind: 'number', text: ({ rooms }) => count(rooms), sort: ({ rooms }) => rooms },
      {
        id: 'actions',
        title: '',
        kind: 'actions',
        fill: (cell, { name }) => fillSend(cell, this.#page, name, null, 'all clients'),
      },
    ],
  });

  readonly #refusals = new Table<Overview['refusals'][number]>({
    label: 'Refusals',
    empty: 'No client has been refused.',
    keyOf: ({ where, reason }) => JSON.stringify([where, reason]),
    sortedBy: 'count',
    columns: [
      { id: 'name', title: 'Where', kind: 'name', text: ({ where }) => visible(where), sort: ({ where }) => where },
      { id: 'reason', title: 'Reason', text: ({ reason }) => visible(reason) },
      { id: 'count', title: 'Times', kind: 'number', text: (row) => count(row.count), sort: (row) => row.count },
    ],
  });

  readonly #limits = new Table<Overview['limits'][number]>({
    label: 'Limits reached',
    empty: 'No limit has been reached.',
    keyOf: ({ name }) => name,
    sortedBy: 'count',
    columns: [
      { id: 'name', title: 'Limit', kind: 'name', text: ({ name }) => visible(name), sort: ({ name }) => name },
      { id: 'count', title: 'Times', kind: 'number', text: (row) => count(row.count), sort: (row) => row.count },
    ],
  });

  readonly #failures = h('ol', { class: 'log', attributes: { 'aria-label': 'Latest failures' } });
  readonly #noFailures = h('p', { class: 'empty' }, 'No error or warning has been logged.');

  constructor(page: PageContext) {
    this.#page = page;
    this.element = h(
      'div',
      { class: 'view' },
      h('div', { class: 'tiles' }, ...Object.values(this.#tiles).map(({ element }) => element)),
      panel('Nodes', this.#nodes.element),
      h(
        'div',
        { class: 'columns' },
        panel('Namespaces', this.#namespaces.element),
        panel('Refusals', this.#refusals.element),
        panel('Limits reached', this.#limits.element),
      ),
      panel('Latest failures', this.#failures, this.#noFailures),
    );
  }

  open(): void {
    if (this.#page.overview !== null) this.#show(this.#page.overview);
  }

  async refresh(): Promise<void> {
    const at = performance.now();
    const overview = await this.#page.ask<Overview>('overview');
    this.#page.keep(overview);
    this.#addTotals(overview.nodes, at);
    this.#show(overview);
  }

  #show(overview: Overview): void {
    const { nodes, namespaces, refusals, limits, failures } = overview;
    this.#now = Date.now();
    this.#showTotals(nodes);
    this.#nodes.update(
      nodes.toSorted((one, other) => Number(other.serves) - Number(one.serves) || one.name.localeCompare(other.name)),
    );
    this.#namespaces.update(namespaces);
    this.#refusals.update(refusals);
    this.#limits.update(limits);
    this.#showFailures(failures);
  }

  /** @param at the time of the request, since answers may be late */
  #addTotals(nodes: readonly NodeRow[], at: number): void {
    for (const node of nodes) {
      for (const name of RATES) {
        const total = node[name];
        if (total !== null) this.#rates.add(`${name} ${node.id}`, total, at);
      }
    }
    this.#rates.forget(at);
  }

  #showTotals(nodes: readonly NodeRow[]): void {
    const sum = (value: (node: NodeRow) => number | null): number =>
      nodes.reduce((total, node) => total + (value(node) ?? 0), 0);
    const { clients, buffered, ...rated } = this.#tiles;
    const serving = nodes.filter(({ serves }) => serves).length;
    clients.set(count(sum(({ clients }) => clients)), `on ${plural(serving, 'server')}`);
    const slow = sum(({ slow }) => slow);
    buffered.set(bytes(sum(({ buffered }) => buffered)), slow === 0 ? 'no slow client' : plural(slow, 'slow client'));
    for (const name of RATES) {
      // The sum of the rates, not the rate of the sums: a node that joins or leaves is no burst of events.
      const rates = nodes.map(({ id }) => this.#rates.of(`${name} ${id}`)).filter((value) => value !== null);
      const total = rates.length === 0 ? null : rates.reduce((one, other) => one + other, 0);
      const isBytes = name === 'bytesIn' || name === 'bytesOut';
      rated[name].set(
        total === null ? '–' : `${isBytes ? bytes(total) : rate(total)}/s`,
        // Bytes count from the start of a server, events from the first visit of the page.
        `${(isBytes ? bytes : count)(sum((node) => node[name]))} so far`,
        sumOf(nodes.map(({ id }) => this.#rates.history(`${name} ${id}`))),
      );
    }
  }

  #fillName(cell: HTMLElement, { name, version, serves, degraded, age: silence, clients }: NodeRow): void {
    if (cell.childElementCount === 0) {
      cell.append(h('strong'), h('span', { class: 'muted' }), h('span', { class: 'badge bad' }));
    }
    const [title, detail, badge] = cell.children as unknown as [HTMLElement, HTMLElement, HTMLElement];
    setText(title, visible(name));
    setText(detail, `${serves ? 'server' : 'worker'} ${visible(version, 30)}`);
    let problem = degraded ?? '';
    if (problem === '' && silence > SILENT) problem = `silent for ${age(silence)}`;
    if (problem === '' && serves && clients === null) problem = 'no answer';
    setText(badge, visible(problem));
    badge.hidden = problem === '';
  }

  #fillRates(
    cell: HTMLElement,
    id: string,
    names: readonly [RateName, RateName],
    format: (value: number | null) => string,
  ): void {
    if (cell.childElementCount === 0) {
      cell.append(h('span', { class: 'pair' }, ...['', 'out'].map((style) => rated(style))));
    }
    for (const [index, name] of names.entries()) {
      const part = cell.firstElementChild?.children[index] as HTMLElement;
      const [curve, text] = part.children as unknown as [SVGSVGElement, HTMLElement];
      draw(curve, this.#rates.history(`${name} ${id}`));
      setText(text, format(this.#rates.of(`${name} ${id}`)));
    }
  }

  #showFailures(failures: Overview['failures']): void {
    const latest = failures.slice(0, MAX_FAILURES);
    const seen = new Map<string, number>();
    const keyed = latest.map((failure) => {
      const same = JSON.stringify([failure.at, failure.node, failure.message]);
      const times = (seen.get(same) ?? 0) + 1;
      seen.set(same, times);
      return { ...failure, key: `${same} ${times}` };
    });
    this.#noFailures.hidden = latest.length > 0;
    this.#failures.hidden = latest.length === 0;
    reconcile(
      this.#failures,
      keyed,
      ({ key }) => key,
      ({ at, node, level, message }) =>
        h(
          'li',
          {},
          h('time', { title: new Date(at).toISOString() }, clock(at)),
          h('span', { class: level === 'error' ? 'badge bad' : 'badge' }, level),
          h('span', { class: 'muted' }, visible(node)),
          h('span', {}, visible(message, 1_000)),
        ),
      () => {},
    );
  }
}

/** Adds curves point by point, aligned at the latest one. */
function sumOf(curves: readonly (readonly number[])[]): number[] {
  const length = Math.max(0, ...curves.map((curve) => curve.length));
  return Array.from({ length }, (_, index) =>
    curves.reduce((total, curve) => total + (curve.at(index - length) ?? 0), 0),
  );
}

/** A curve and a number. */
function rated(style: string): HTMLElement {
  return h('span', { class: 'rated' }, sparkline(style) as unknown as Node, h('span'));
}

interface Tile {
  readonly element: HTMLElement;
  set(value: string, detail: string, curve?: readonly number[]): void;
}

function tile(label: string, style = ''): Tile {
  const value = h('strong', {}, '–');
  const detail = h('span', { class: 'muted' });
  const curve = sparkline(style);
  const element = h('div', { class: 'tile' }, h('span', { class: 'label' }, label), value, detail);
  return {
    element,
    set(text, more, values) {
      setText(value, text);
      setText(detail, more);
      if (values === undefined) return;
      if (curve.parentNode === null) element.append(curve);
      draw(curve, values);
    },
  };
}
