// The state of the connection, in words that a visitor understands.
import { byId, byTestId, el } from './dom.js';

const WORDS = { online: 'Online', reconnecting: 'Reconnecting…', offline: 'Offline' };
const BANNERS = {
  online: '',
  reconnecting: 'The connection was lost. Reconnecting… What you write meanwhile is sent as soon as it is back.',
  offline: 'You are offline. What you write meanwhile is sent as soon as you are back.',
};

export function showStatus(state, people) {
  const line = byTestId('connection-state');
  const crowd = people === 1 ? 'just you here' : `${people} people here`;
  if (line.dataset.state !== state || line.childElementCount === 0) {
    line.dataset.state = state;
    line.replaceChildren(el('i', { class: 'lamp', 'aria-hidden': 'true' }), el('span', {}));
  }
  const words = state === 'online' && people > 0 ? `${WORDS[state]} · ${crowd}` : WORDS[state];
  if (line.lastElementChild.textContent !== words) line.lastElementChild.textContent = words;
  byId('banner').textContent = BANNERS[state];
  byId('banner').hidden = BANNERS[state] === '';
}
