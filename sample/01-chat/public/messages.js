// The conversation in the current room: a bounded number of messages in order, grouped by author, separated by day.
import { byId, byTestId, el } from './dom.js';
import { messageElement, showState } from './message.js';
import { withReaction } from './reactions.js';
import { dayKey, dayName } from './time.js';

const MAX_SHOWN = 300;
const GROUP_GAP = 5 * 60_000; // ms; messages of one author that are closer together form a group

export class Messages {
  #list = byTestId('message-list');
  #shown = new Map(); // by id, in order
  #pictures;
  #scroll;
  #reactions;
  #actions;

  /** `actions` has `retry(id)` and `discard(id)`. */
  constructor({ pictures, scroll, reactions, actions }) {
    this.#pictures = pictures;
    this.#scroll = scroll;
    this.#reactions = reactions;
    this.#actions = actions;
  }

  /** Shows another room. */
  open(room, messages) {
    for (const id of this.#shown.keys()) this.#pictures.drop(id);
    byId('empty-title').replaceChildren('It is quiet in ', el('bdi', {}, room));
    this.#redraw(messages);
    this.#scroll.toEnd();
  }

  /** Adds the messages that were missed while offline. Replaces the list if the history does not overlap with it. */
  catchUp(history) {
    const meets = history.length === 0 || history.some(({ id }) => this.#shown.has(id));
    const kept = [...this.#shown.values()].filter(
      (message) => meets || message.state === 'sending' || message.state === 'failed',
    );
    const all = new Map(kept.map((message) => [message.id, message]));
    const missed = history.filter(({ id }) => !all.has(id));
    if (missed.length === 0 && meets) return;
    for (const message of missed) all.set(message.id, message);
    this.#redraw([...all.values()].sort((a, b) => isSettled(b) - isSettled(a) || a.at - b.at));
    this.#scroll.follow(missed.length);
  }

  add(message) {
    if (this.#shown.has(message.id)) return;
    const item = this.#append(message);
    item.classList.add('fresh');
    if (this.#shown.size > MAX_SHOWN) this.#removeFirst();
    this.#showEmpty();
    if (message.mine) this.#scroll.toEnd();
    else this.#scroll.follow(1);
  }

  /** Shows a new time or state of a message. */
  update(message) {
    const item = this.#item(message.id);
    if (!item) return;
    const shown = Object.assign(this.#shown.get(message.id), {
      at: message.at,
      state: message.state,
      reason: message.reason,
    });
    this.#showState(item, shown);
    this.#scroll.follow(0);
  }

  /** Shows that a reaction was added or removed. */
  react(reaction) {
    const shown = this.#shown.get(reaction.id);
    if (!shown) return;
    shown.reactions = withReaction(shown.reactions, reaction);
    this.#reactions.show(this.#item(shown.id), shown);
    this.#scroll.follow(0);
  }

  remove(id) {
    this.#pictures.drop(id);
    this.#shown.delete(id);
    this.#redraw([...this.#shown.values()]);
  }

  #redraw(messages) {
    this.#list.replaceChildren();
    this.#shown.clear();
    for (const message of messages) this.#append(message);
    this.#showEmpty();
  }

  #append(message) {
    const previous = [...this.#shown.values()].at(-1);
    const isNewDay = !previous || dayKey(previous.at) !== dayKey(message.at);
    if (isNewDay) this.#list.append(el('li', { class: 'day' }, el('span', {}, dayName(message.at))));

    const item = messageElement(message, message.image ? this.#pictures.frame(message) : null, (anchor) => {
      const shown = this.#shown.get(message.id);
      if (isSettled(shown)) this.#reactions.pick(shown, anchor);
    });
    const continues = !isNewDay && previous.author === message.author && message.at - previous.at < GROUP_GAP;
    item.classList.toggle('continued', continues);
    this.#showState(item, message);
    this.#reactions.show(item, message);
    this.#shown.set(message.id, withoutBytes(message));
    this.#list.append(item);
    return item;
  }

  #removeFirst() {
    const [id] = this.#shown.keys();
    this.#pictures.drop(id);
    this.#shown.delete(id);
    this.#item(id).remove();
    const [first, second] = this.#list.children;
    if (first.classList.contains('day') && second?.classList.contains('day')) first.remove();
    this.#list.querySelector('.message').classList.remove('continued');
  }

  #item(id) {
    return this.#list.querySelector(`[data-id="${CSS.escape(id)}"]`);
  }

  #showState(item, message) {
    showState(item, message, {
      retry: () => this.#actions.retry(message.id),
      discard: () => this.#actions.discard(message.id),
    });
  }

  #showEmpty() {
    byId('empty').hidden = this.#shown.size > 0;
  }
}

/** Whether a message has its final position. Messages that are being sent or have failed stay at the end. */
function isSettled(message) {
  return !message.mine || message.state === 'delivered';
}

/** `Pictures` has the bytes; a second copy would waste memory. */
function withoutBytes(message) {
  return message.image ? { ...message, image: { ...message.image, data: undefined } } : { ...message };
}
