// Shows the state of the connection in plain words.
import { byId, byTestId, el } from './dom.js';

const WORDS = { online: 'Online', reconnecting: 'Reconnecting…', offline: 'Offline' };
const BANNERS = {
  online: '',
  reconnecting: 'Connection lost. Reconnecting… Messages you write now will be sent once you are back online.',
  offline: 'You are offline. Messages you write now will be sent once you are back online.',
};

export function showStatus(state, people) {
  const line = byTestId('connection-state');
  const crowd = people === 1 ? 'just you here' : `${people} people here`;
  if (line.dataset.state !== state || line.childElementCount === 0) {
    line.dataset.state = state;
    line.replaceChildren(
      el('i', { class: 'lamp', 'aria-hidden': 'true' }),
      el('span', {}, WORDS[state]),
      el('span', {}),
    );
  }
  const words = state === 'online' && people > 0 ? `· ${crowd}` : '';
  if (line.lastElementChild.textContent !== words) line.lastElementChild.textContent = words;
  byId('banner').textContent = BANNERS[state];
  byId('banner').hidden = BANNERS[state] === '';
}
