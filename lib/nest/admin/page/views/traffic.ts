/** The live list of the events of one client. */
import type { Traffic, TrafficEvent } from '../answers.js';
import { button, h, setText } from '../dom.js';
import { bytes, clockMs, count, json, visible } from '../format.js';

/** The entries that are kept; older ones are removed. */
const MAX_ENTRIES = 500;

export class TrafficList {
  readonly element: HTMLElement;
  readonly #list = h('ol', { class: 'traffic', attributes: { 'aria-label': 'Events of the client', tabindex: '0' } });
  readonly #status = h('p', { class: 'muted' });
  readonly #follow: HTMLButtonElement;
  readonly #pause: HTMLButtonElement;
  readonly #onFollow: (isFollowing: boolean) => void;
  #isFollowing = false;
  #isPaused = false;
  #seen = 0;
  #leftOut = 0;
  /** Entries that arrived during a pause. */
  #held: TrafficEvent[] = [];

  /** @param onFollow called when the list is to be filled, or not any longer */
  constructor(onFollow: (isFollowing: boolean) => void) {
    this.#onFollow = onFollow;
    this.#follow = button('Follow', () => this.follow(!this.#isFollowing), 'primary');
    this.#pause = button('Pause', () => this.#togglePause());
    const clear = button('Clear', () => this.clear());
    this.element = h(
      'section',
      { class: 'panel' },
      h('header', {}, h('h2', {}, 'Traffic'), h('div', { class: 'buttons' }, this.#follow, this.#pause, clear)),
      this.#status,
      this.#list,
    );
    this.#show();
  }

  get isFollowing(): boolean {
    return this.#isFollowing;
  }

  /** Starts or stops. */
  follow(isFollowing: boolean): void {
    if (this.#isFollowing === isFollowing) return;
    this.#isFollowing = isFollowing;
    if (!isFollowing && this.#isPaused) this.#togglePause();
    this.#onFollow(isFollowing);
    this.#show();
  }

  /** Removes all entries. */
  clear(): void {
    this.#list.replaceChildren();
    this.#held = [];
    this.#seen = 0;
    this.#leftOut = 0;
    this.#show();
  }

  add({ events, leftOut, ended }: Traffic): void {
    this.#seen += events.length;
    this.#leftOut += leftOut;
    if (this.#isPaused) this.#held = [...this.#held, ...events].slice(-MAX_ENTRIES);
    else this.#append(events);
    if (ended !== null) this.#end(ended);
    this.#show();
  }

  /** The client has disconnected, so the server sends no more. */
  #end(reason: string): void {
    if (this.#isPaused) this.#togglePause();
    this.#isFollowing = false;
    this.#list.append(h('li', { class: 'ended' }, `Disconnected: ${visible(reason)}`));
  }

  #append(entries: readonly TrafficEvent[]): void {
    const list = this.#list;
    const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    list.append(...entries.slice(-MAX_ENTRIES).map(createEntry));
    while (list.childElementCount > MAX_ENTRIES) list.firstElementChild?.remove();
    if (isAtEnd) list.scrollTop = list.scrollHeight;
  }

  #togglePause(): void {
    this.#isPaused = !this.#isPaused;
    if (!this.#isPaused) this.#append(this.#held.splice(0));
    this.#show();
  }

  #show(): void {
    setText(this.#follow, this.#isFollowing ? 'Stop' : 'Follow');
    this.#follow.classList.toggle('primary', !this.#isFollowing);
    setText(this.#pause, this.#isPaused ? 'Resume' : 'Pause');
    this.#pause.disabled = !this.#isFollowing;
    this.#list.hidden = this.#list.childElementCount === 0;
    const left = this.#leftOut === 0 ? '' : `, ${count(this.#leftOut)} left out because they were too many`;
    const held = this.#held.length === 0 ? '' : `, ${count(this.#held.length)} waiting`;
    let state = 'Follow the client to see its events as they arrive.';
    if (this.#isFollowing) state = this.#isPaused ? 'Paused' : 'Live';
    else if (this.#seen > 0) state = 'Stopped';
    setText(this.#status, this.#seen > 0 ? `${state}: ${count(this.#seen)} events${left}${held}` : state);
  }
}

function createEntry({ at, direction, event, args, bytes: size, dropped }: TrafficEvent): HTMLElement {
  const isIn = direction === 'in';
  const payload = args === null ? h('i', { class: 'muted' }, 'hidden') : h('code', {}, json(args));
  const entry = h(
    'li',
    { class: direction },
    h('time', { title: new Date(at).toISOString() }, clockMs(at)),
    h('span', { class: 'direction', title: isIn ? 'from the client' : 'to the client' }, isIn ? '→ in' : '← out'),
    h('strong', {}, visible(event, 60)),
  );
  if (dropped) entry.append(h('span', { class: 'badge bad' }, 'dropped'));
  entry.append(h('span', { class: 'muted size' }, bytes(size)), payload);
  return entry;
}
