// The list of rooms, each with its number of unread messages: those since the visitor was last in the room.
import { byId, byTestId, el } from './dom.js';

export class Rooms {
  #list = byTestId('room-list');
  #rooms = new Map(); // by name: the summary, plus `seen` (the last total that was read) and the element `link`
  #current = null;
  #online = false;
  #open;

  /** `open(name, isNew)` is called to join a room. */
  constructor({ open }) {
    this.#open = open;
    byId('new-room').addEventListener('submit', (event) => {
      event.preventDefault();
      const field = byTestId('new-room-input');
      if (field.value.trim()) open(field.value, true);
    });
    addEventListener('keydown', (event) => {
      if (!event.altKey || !['ArrowUp', 'ArrowDown'].includes(event.key) || this.#current === null) return;
      event.preventDefault();
      const names = [...this.#rooms.keys()];
      const step = event.key === 'ArrowDown' ? 1 : -1;
      open(names[(names.indexOf(this.#current) + step + names.length) % names.length]);
    });
  }

  get unread() {
    return [...this.#rooms.values()].reduce((sum, room) => sum + unreadOf(room), 0);
  }

  reset(list) {
    const names = new Set(list.map(({ name }) => name));
    for (const name of this.#rooms.keys()) if (!names.has(name)) this.remove(name);
    for (const room of list) this.update(room);
  }

  update(room) {
    this.#note(room, this.#rooms.get(room.name));
  }

  remove(name) {
    this.#rooms.get(name)?.link.parentElement.remove();
    this.#rooms.delete(name);
    byId('unread-dot').hidden = this.unread === 0;
  }

  /** Marks a room as the current one. */
  enter(room) {
    const before = this.#rooms.get(this.#current);
    this.#current = room.name;
    if (before) this.#paint(before);
    this.update(room);
  }

  setOnline(online) {
    this.#online = online;
    for (const room of this.#rooms.values()) room.link.disabled = !online;
    byTestId('new-room-input').disabled = !online;
  }

  /** Stores and shows the summary of a room. The elements are reused, so that an update cannot swallow a click. */
  #note(summary, before) {
    const isRead = summary.name === this.#current || !before;
    const seen = isRead ? summary.total : before.seen <= summary.total ? before.seen : 0;
    const room = { ...summary, seen, link: before?.link ?? this.#link(summary.name) };
    this.#rooms.set(room.name, room);
    this.#paint(room);
    byId('unread-dot').hidden = this.unread === 0;
  }

  #link(name) {
    const link = el(
      'button',
      { type: 'button', class: 'room-link', onclick: () => this.#open(name) },
      el('span', { class: 'hash', 'aria-hidden': 'true' }, '#'),
      el('span', { class: 'room-link-name', dir: 'auto' }, name),
      el('span', { class: 'room-count' }),
    );
    this.#list.append(el('li', { 'data-testid': 'room-item', 'data-room': name }, link));
    return link;
  }

  #paint(room) {
    const { name, members, link } = room;
    const unread = unreadOf(room);
    const people = members === 1 ? '1 person' : `${members} people`;
    link.ariaCurrent = name === this.#current ? 'true' : null;
    link.ariaLabel = `${name}, ${people}${unread ? `, ${unread} unread` : ''}`;
    link.disabled = !this.#online;
    const count = link.lastElementChild;
    count.classList.toggle('unread', unread > 0);
    count.textContent = unread > 99 ? '99+' : String(unread || members || '');
  }
}

function unreadOf({ total, seen }) {
  return total - seen;
}
