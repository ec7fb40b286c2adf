// One message as an element: its text, its image, its time and, for the visitor's own messages, the delivery state.
import { avatar, hue } from './avatar.js';
import { el, icon } from './dom.js';
import { parts } from './markup.js';
import { momentOf, timeOf } from './time.js';

const FEW_EMOJI = /^(?:\p{Extended_Pictographic}(?:\u200d|\ufe0f|\p{Emoji_Modifier})*\s*){1,4}$/u;
const MAX_WIDTH = 340;
const MAX_HEIGHT = 320;
const STATES = { sending: ['clock', 'Sending'], delivered: ['tick', 'Delivered'], failed: ['alert', 'Not sent'] };

/**
 * `message.state` is set if `message.mine` is; `picture` is the element of the image, if there is one; `react(anchor)`
 * opens the picker of reactions next to an element.
 */
export function messageElement(message, picture, react) {
  const mood = !picture && FEW_EMOJI.test(message.text) ? ' emoji' : '';
  const says = message.text ? el('div', { class: 'words' }, ...Array.from(parts(message.text), partElement)) : null;
  const bubble = el(
    'div',
    { class: `bubble${picture ? ' with-picture' : ''}${mood}` },
    picture,
    el('div', { class: says ? 'says' : 'says nothing', dir: 'auto' }, says, el('span', { class: 'meta' })),
  );
  if (picture) reserve(bubble, message);

  const who = message.mine
    ? el('span', { class: 'visually-hidden' }, 'You')
    : el('div', { class: 'author', dir: 'auto' }, message.author);
  const item = el(
    'li',
    { class: message.mine ? 'message mine' : 'message', 'data-testid': 'message', 'data-id': message.id },
    message.mine ? null : avatar(message.author),
    el(
      'div',
      { class: 'body' },
      who,
      el('div', { class: 'line' }, bubble, reactButton(bubble, react)),
      el('ul', { class: 'reactions', 'aria-label': 'Reactions' }),
    ),
  );
  item.style.setProperty('--hue', hue(message.author));
  return item;
}

/** A button that shows with a mouse or the keyboard. On a touch screen, a tap on the message does the same. */
function reactButton(bubble, react) {
  bubble.addEventListener('click', ({ target }) => {
    const isTap = matchMedia('(hover: none)').matches && !target.closest('a, button') && getSelection().isCollapsed;
    if (isTap) react(bubble);
  });
  const attributes = { type: 'button', class: 'icon-button react', 'data-testid': 'react-button', title: 'React' };
  return el('button', { ...attributes, 'aria-label': 'React', onclick: () => react(bubble) }, icon('smile'));
}

/** Shows the time and the state of a message in its element. Called again when either changes. */
export function showState(item, message, { retry, discard }) {
  const meta = item.querySelector('.meta');
  meta.replaceChildren(
    el('time', { datetime: new Date(message.at).toISOString(), title: momentOf(message.at) }, timeOf(message.at)),
  );
  item.querySelector('.failure')?.remove();
  if (!message.mine) return;

  item.dataset.state = message.state;
  const [drawing, label] = STATES[message.state];
  meta.append(el('span', { class: 'tick', role: 'img', 'aria-label': label, title: label }, icon(drawing)));
  if (message.state !== 'failed') return;
  item
    .querySelector('.body')
    .append(
      el(
        'div',
        { class: 'failure', role: 'alert' },
        el('span', {}, message.reason ?? 'Not sent.'),
        el(
          'button',
          { type: 'button', class: 'link-button', 'data-testid': 'retry-button', onclick: retry },
          'Try again',
        ),
        el('button', { type: 'button', class: 'link-button', onclick: discard }, 'Discard'),
      ),
    );
}

/** Reserves the space of an image before it is loaded, so that the layout does not shift. */
function reserve(bubble, { text, image: { width, height } }) {
  const scale = Math.min(1, MAX_WIDTH / width, MAX_HEIGHT / height);
  bubble.style.setProperty('--width', `${Math.max(text ? 240 : 96, Math.round(width * scale))}px`);
  bubble.style.setProperty('--ratio', Math.min(4, Math.max(0.4, width / height)));
}

function partElement({ kind, text }) {
  if (kind === 'block') return el('pre', { dir: 'ltr' }, el('code', {}, text));
  if (kind === 'code') return el('code', { dir: 'ltr' }, text);
  if (kind === 'link') return el('a', { href: text, target: '_blank', rel: 'noopener noreferrer' }, text);
  return text;
}
