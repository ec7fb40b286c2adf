/** Explains why a client gets an event or does not. */
import type { DeliveryRow, Explained } from '../answers.js';
import { readNames } from '../arguments.js';
import { area, field, h, input, panel, select, setChoices, setText } from '../dom.js';
import { clockUtc, visible } from '../format.js';
import { Table } from '../table.js';
import { namespaceChoices, type PageContext, type View } from './view.js';

const OUTCOMES: Readonly<Record<string, string>> = {
  sent: 'Sent',
  dropped: 'Dropped, or replaced a latest value: the client had not read earlier events',
  not_connected: 'Not connected at that time',
  not_selected: 'In none of the rooms',
  excluded: 'In a room of except()',
  other_server: 'Local to another server',
};

interface Delivery extends DeliveryRow {
  readonly key: string;
  readonly client: string;
}

export class WhyView implements View {
  readonly title = 'Why did a client not get it?';
  readonly element: HTMLElement;
  readonly #page: PageContext;
  readonly #who = input('who', 'bob');
  readonly #namespace = select('namespace', [['/', '/']]);
  readonly #rooms = area('rooms', 2, 'all clients of the namespace');
  readonly #except = area('except', 2, 'nothing');
  readonly #error = h('p', { class: 'error', attributes: { role: 'alert' } });
  readonly #answer = panel('Answer');
  readonly #text = h('div', { class: 'sentences', attributes: { 'aria-live': 'polite' } });
  readonly #noJournal = h(
    'div',
    { class: 'note' },
    h('strong', {}, 'The journal is off'),
    h(
      'p',
      {},
      'The answer says what would happen now. To see what happened to recent events as well, switch on the journal:',
    ),
    h('pre', {}, h('code', {}, 'SocketIoModule.forRoot({ telemetry: { journal: true } })')),
  );
  readonly #table = new Table<Delivery>({
    label: 'Recent deliveries',
    empty: 'No event to these rooms in the journal.',
    keyOf: ({ key }) => key,
    columns: [
      { id: 'at', title: 'Time (UTC)', kind: 'short', text: ({ at }) => clockUtc(at) },
      { id: 'event', title: 'Event', kind: 'name', text: ({ event }) => visible(event, 80) },
      {
        id: 'outcome',
        title: 'Outcome',
        text: ({ outcome }) => OUTCOMES[outcome] ?? visible(outcome),
        isBad: ({ outcome }) => outcome !== 'sent',
      },
      { id: 'client', title: 'Client', kind: 'short', text: ({ client }) => visible(client, 60) },
      { id: 'server', title: 'Sent by', kind: 'short', text: ({ server }) => visible(server, 60) },
    ],
  });
  readonly #deliveries = panel('Recent deliveries', this.#table.element);
  /** The question that was asked; `null` until there is one. */
  #asked: { namespace: string; rooms: string[] | null; except: string[]; who: string } | null = null;

  constructor(page: PageContext) {
    this.#page = page;
    this.#who.required = true;
    const form = h(
      'form',
      { class: 'question' },
      field('Client or user', this.#who, 'The id of a client, or of a user'),
      field('Namespace', this.#namespace),
      field('Sent to the rooms', this.#rooms, 'One a line; empty for everybody'),
      field('Except', this.#except, 'One a line'),
      h('div', { class: 'buttons' }, h('button', { class: 'button primary' }, 'Explain')),
      this.#error,
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#answer.append(this.#text);
    this.element = h(
      'div',
      { class: 'view' },
      h('section', { class: 'panel' }, form),
      this.#noJournal,
      this.#answer,
      this.#deliveries,
    );
    this.#answer.hidden = true;
    this.#deliveries.hidden = true;
  }

  open(params: URLSearchParams): void {
    const namespace = params.get('namespace') ?? this.#page.overview?.namespaces[0]?.name ?? '/';
    setChoices(this.#namespace, namespaceChoices(this.#page, namespace));
    this.#namespace.value = namespace;
    this.#who.value = params.get('who') ?? '';
    this.#rooms.value = params.getAll('room').join('\n');
    this.#except.value = params.getAll('except').join('\n');
    this.#noJournal.hidden = this.#page.overview?.journal ?? true;
    this.#read();
    if (this.#asked === null) {
      this.#answer.hidden = true;
      this.#deliveries.hidden = true;
    }
  }

  async refresh(): Promise<void> {
    this.#noJournal.hidden = this.#page.overview?.journal ?? true;
    setChoices(this.#namespace, namespaceChoices(this.#page, this.#namespace.value));
    const asked = this.#asked;
    if (asked === null) return;
    let answer: Explained;
    try {
      answer = await this.#page.ask<Explained>('explain', asked);
    } catch (error) {
      setText(this.#error, (error as Error).message);
      throw error;
    }
    if (asked === this.#asked) this.#show(answer);
  }

  #submit(): void {
    this.#read();
    if (this.#asked === null) return;
    const { namespace, who, rooms, except } = this.#asked;
    this.#page.replace('why', { namespace, who, room: rooms ?? [], except });
    this.#page.refresh();
  }

  #read(): void {
    const [who, rooms] = [this.#who.value.trim(), readNames(this.#rooms.value)];
    const except = readNames(this.#except.value);
    const namespace = this.#namespace.value;
    setText(this.#error, '');
    this.#asked = who === '' ? null : { namespace, rooms: rooms.length === 0 ? null : rooms, except, who };
  }

  #show({ text, journalSince, clients }: Explained): void {
    setText(this.#error, '');
    this.#answer.hidden = false;
    this.#deliveries.hidden = journalSince === null || clients.length === 0;
    // The table shows the deliveries; the sentences say everything else.
    const sentences = text.split('\n').filter((line) => !line.startsWith('- '));
    if (this.#text.dataset['shown'] !== sentences.join('\n')) {
      this.#text.dataset['shown'] = sentences.join('\n');
      this.#text.replaceChildren(...sentences.map((line) => h('p', {}, visible(line, 1_000))));
    }
    this.#table.update(
      clients
        .flatMap(({ id, user, deliveries }) =>
          deliveries.map((delivery, index) => ({
            ...delivery,
            client: user ?? id,
            key: JSON.stringify([id, delivery.at, delivery.event, delivery.server, index]),
          })),
        )
        .toSorted((one, other) => other.at - one.at),
    );
  }
}
