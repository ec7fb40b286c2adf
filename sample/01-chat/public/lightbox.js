// Shows one image at full size above the page. Escape or a click anywhere closes it.
import { byId, el } from './dom.js';
import { momentOf } from './time.js';

const box = byId('lightbox');

export function openLightbox(url, { id, author, at, image }) {
  box.querySelector('img').src = url;
  box.querySelector('img').alt = `From ${author}`;
  box.querySelector('p').replaceChildren(el('bdi', {}, author), ` · ${momentOf(at)}`);
  const save = box.querySelector('a');
  save.href = url;
  save.download = `${id.slice(0, 8)}.${image.type.split('/')[1] ?? 'png'}`;
  box.showModal();
}

box.addEventListener('click', (event) => {
  if (!event.target.closest('a')) box.close();
});
