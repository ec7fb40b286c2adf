// Builds elements. Text always becomes a text node, so user input cannot become markup.

/** The element with this `data-testid`. */
export const byTestId = (id) => document.querySelector(`[data-testid="${id}"]`);
export const byId = (id) => document.getElementById(id);

/** `el('li', { class: 'room', onclick: open }, 'lobby')`; attributes that are null or false are omitted. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** One of the icons in `index.html`. */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  use.setAttribute('href', `#icon-${name}`);
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  svg.append(use);
  return svg;
}
