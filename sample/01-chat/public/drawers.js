// The panels next to the conversation. On a narrow screen they slide in over it, one at a time.
import { byId } from './dom.js';

const DRAWERS = [
  { panel: byId('rooms-panel'), opener: byId('open-rooms'), narrow: matchMedia('(max-width: 759px)') },
  { panel: byId('members-panel'), opener: byId('open-members'), narrow: matchMedia('(max-width: 1099px)') },
];
const frame = byId('chat');

export function closeDrawers() {
  show(null);
}

function show(open) {
  const before = DRAWERS.find(({ panel }) => panel.classList.contains('open'));
  for (const drawer of DRAWERS) {
    const isOpen = drawer === open && drawer.narrow.matches;
    drawer.panel.classList.toggle('open', isOpen);
    drawer.panel.inert = drawer.narrow.matches && !isOpen;
    drawer.opener.setAttribute('aria-expanded', String(isOpen));
  }
  frame.classList.toggle('veiled', Boolean(open?.narrow.matches));
  if (open?.narrow.matches) open.panel.querySelector('[data-close]').focus();
  else if (before) before.opener.focus();
}

for (const drawer of DRAWERS) {
  drawer.opener.addEventListener('click', () => show(drawer));
  drawer.panel.querySelector('[data-close]').addEventListener('click', closeDrawers);
  drawer.narrow.addEventListener('change', closeDrawers);
}
byId('scrim').addEventListener('click', closeDrawers);
addEventListener('keydown', (event) => event.key === 'Escape' && closeDrawers());
closeDrawers();
