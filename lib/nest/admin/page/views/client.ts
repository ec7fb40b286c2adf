/** One client: its rooms and its connection, actions, and its traffic. */
import type { ClientList, ClientRow, Traffic } from '../answers.js';
import { ask, notify } from '../dialog.js';
import { button, field, h, input, panel, reconcile, setText } from '../dom.js';
import { age, bytes, clock, count, latency, visible } from '../format.js';
import { linkTo } from '../route.js';
import { roomChip } from './clients.js';
import { askToSend } from './send-form.js';
import { TrafficList } from './traffic.js';
import { type PageContext, type View } from './view.js';

/** Clients whose data contain the id; the one with the id is among them. */
const LIMIT = 10;

export class ClientView implements View {
  readonly title = 'Client';
  readonly element: HTMLElement;
  readonly #page: PageContext;
  readonly #gone = h('p', { class: 'banner', attributes: { role: 'status' } }, 'This client is not connected.');
  readonly #facts = new Map<string, HTMLElement>();
  readonly #rooms = h('ul', { class: 'rooms', attributes: { 'aria-label': 'Rooms' } });
  readonly #roomsNote = h('p', { class: 'muted' });
  readonly #room = input('room', 'Name of a room');
  readonly #actions: readonly HTMLElement[];
  readonly #why = h('a', { class: 'button' }, 'Why did it not get…?');
  readonly #traffic: TrafficList;
  readonly #payloads = h(
    'p',
    { class: 'hint' },
    'Payloads are hidden. The option admin: { payloads: true } shows them.',
  );
  #namespace = '';
  #id = '';
  #label = '';

  constructor(page: PageContext) {
    this.#page = page;
    this.#traffic = new TrafficList((isFollowing) => void this.#follow(isFollowing));
    this.#traffic.element.append(this.#payloads);
    const facts = h('dl', { class: 'facts' });
    for (const name of ['Id', 'User', 'Namespace', 'Node', 'Address', 'Connected', 'Waiting', 'Round trip']) {
      const value = h('dd');
      this.#facts.set(name, value);
      facts.append(h('div', {}, h('dt', {}, name), value));
    }
    const join = h(
      'form',
      { class: 'inline' },
      field('Join a room', this.#room),
      h('button', { class: 'button' }, 'Join'),
    );
    join.addEventListener('submit', (event) => {
      event.preventDefault();
      const room = this.#room.value.trim();
      if (room !== '') void this.#change('join', room).then((isDone) => isDone && (this.#room.value = ''));
    });
    this.#actions = [
      button('Send an event', () => askToSend(page, this.#namespace, this.#id, this.#label)),
      button('Disconnect', () => this.#askToDisconnect(), 'danger'),
      join,
    ];
    const back = h('a', { class: 'back' }, '← All clients');
    back.href = linkTo('clients');
    this.element = h(
      'div',
      { class: 'view' },
      h('div', { class: 'heading' }, back, h('div', { class: 'buttons' }, this.#why, ...this.#actions.slice(0, 2))),
      this.#gone,
      h(
        'div',
        { class: 'split' },
        h('div', {}, panel('Connection', facts), panel('Rooms', this.#rooms, this.#roomsNote, join)),
        this.#traffic.element,
      ),
    );
  }

  open(params: URLSearchParams): void {
    const [namespace, id] = [params.get('namespace') ?? '/', params.get('id') ?? ''];
    this.#page.entitle(visible(id, 60));
    if (namespace === this.#namespace && id === this.#id) return;
    this.#traffic.follow(false);
    this.#traffic.clear();
    this.#namespace = namespace;
    this.#id = id;
    this.#label = id;
    this.#gone.hidden = true;
    this.#why.href = linkTo('why', { namespace, who: id });
    for (const value of this.#facts.values()) setText(value, '–');
    this.#showRooms([], 0);
    this.#showPermissions();
  }

  close(): void {
    this.#traffic.follow(false);
  }

  resume(): void {
    if (this.#traffic.isFollowing) void this.#follow(true);
  }

  /** Adds traffic that the server has sent. */
  addTraffic(traffic: Traffic): void {
    if (traffic.namespace === this.#namespace && traffic.client === this.#id) this.#traffic.add(traffic);
  }

  async refresh(): Promise<void> {
    const [namespace, search] = [this.#namespace, this.#id];
    const answer = await this.#page.ask<ClientList>('clients', { namespace, search, limit: LIMIT });
    if (search !== this.#id || namespace !== this.#namespace) return;
    const client = answer.clients.find(({ id }) => id === search);
    this.#gone.hidden = client !== undefined;
    this.#showPermissions(client !== undefined);
    if (client !== undefined) this.#show(client);
  }

  #show(client: ClientRow): void {
    const { id, user, namespace, node, address, connectedAt, waitingBytes, roundTrip, rooms, roomCount } = client;
    this.#label = user ?? id;
    this.#page.entitle(visible(this.#label, 60));
    const facts: Record<string, string> = {
      Id: visible(id),
      User: user === null ? '–' : visible(user),
      Namespace: visible(namespace),
      Node: visible(node),
      Address: visible(address),
      Connected: `${age(Date.now() - connectedAt)}, since ${clock(connectedAt)}`,
      Waiting: bytes(waitingBytes),
      'Round trip': latency(roundTrip === null ? null : roundTrip / 1_000),
    };
    for (const [name, value] of Object.entries(facts)) setText(this.#facts.get(name) as HTMLElement, value);
    this.#facts.get('Waiting')?.classList.toggle('bad', waitingBytes > 0);
    this.#showRooms(rooms, roomCount);
  }

  #showRooms(rooms: readonly string[], total: number): void {
    reconcile(
      this.#rooms,
      rooms,
      (room) => room,
      (room) => {
        const leave = button('Leave', () => void this.#change('leave', room), 'small');
        leave.setAttribute('aria-label', `Leave ${visible(room, 60)}`);
        return h('li', {}, roomChip(this.#namespace, room), leave);
      },
      (element) => ((element.lastElementChild as HTMLElement).hidden = this.#isReadOnly),
    );
    const more = total - rooms.length;
    setText(this.#roomsNote, total === 0 ? 'In no room.' : more > 0 ? `and ${count(more)} more` : '');
  }

  get #isReadOnly(): boolean {
    return this.#page.overview?.readOnly ?? true;
  }

  #showPermissions(isConnected = true): void {
    const mayAct = isConnected && !this.#isReadOnly;
    for (const action of this.#actions) action.hidden = !mayAct;
    this.#payloads.hidden = this.#page.overview?.payloads ?? false;
  }

  async #change(action: 'join' | 'leave', room: string): Promise<boolean> {
    try {
      await this.#page.ask(action, { namespace: this.#namespace, client: this.#id, room });
      notify(`${visible(this.#label, 40)} ${action === 'join' ? 'joined' : 'left'} ${visible(room, 40)}`);
      this.#page.refresh();
      return true;
    } catch (error) {
      notify((error as Error).message, true);
      return false;
    }
  }

  #askToDisconnect(): void {
    const reason = input('reason', 'Shown in the log');
    ask({
      title: 'Disconnect the client?',
      text: `${visible(this.#label)} leaves ${visible(this.#namespace)}. Clients that a server disconnects do not reconnect automatically.`,
      action: 'Disconnect',
      isDangerous: true,
      fields: [field('Reason (optional)', reason)],
      run: async () => {
        const given = reason.value.trim() === '' ? {} : { reason: reason.value.trim() };
        await this.#page.ask('kick', { namespace: this.#namespace, client: this.#id, ...given });
        notify(`Disconnected ${visible(this.#label, 60)}`);
        this.#page.refresh();
      },
    });
  }

  async #follow(isFollowing: boolean): Promise<void> {
    try {
      if (isFollowing) await this.#page.ask('follow', { namespace: this.#namespace, client: this.#id });
      else await this.#page.ask('unfollow');
    } catch (error) {
      if (!isFollowing) return; // without a connection, the server has stopped already
      this.#traffic.follow(false);
      notify((error as Error).message, true);
    }
  }
}
