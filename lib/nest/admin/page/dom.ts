/**
 * Elements without a framework. Texts are set as text, never as HTML: names of users, rooms and events come from
 * clients. Elements are updated in place, so that nothing flickers, and the focus and the selection stay.
 */
import { visible } from './format.js';

type Child = Node | string;

/** The longest name, id or search text that a server accepts. */
const MAX_NAME = '255';

export interface Properties {
  readonly class?: string;
  readonly title?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly onclick?: (event: MouseEvent) => void;
}

/** Creates an element. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Properties = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  if (properties.class !== undefined) element.className = properties.class;
  if (properties.title !== undefined) element.title = properties.title;
  for (const [name, value] of Object.entries(properties.attributes ?? {})) element.setAttribute(name, value);
  const { onclick } = properties;
  if (onclick !== undefined) element.addEventListener('click', (event) => onclick(event as MouseEvent));
  element.append(...children);
  return element;
}

/** Creates a button that submits nothing. */
export function button(label: string, onclick: (event: MouseEvent) => void, style = ''): HTMLButtonElement {
  return h('button', { class: `button ${style}`.trim(), onclick, attributes: { type: 'button' } }, label);
}

/** Creates a labelled field. */
export function field(label: string, input: HTMLElement, hint = ''): HTMLLabelElement {
  const children: Child[] = [h('span', { class: 'label' }, label), input];
  if (hint !== '') children.push(h('span', { class: 'hint' }, hint));
  return h('label', { class: 'field' }, ...children);
}

/** Creates a text input. Browsers neither correct nor remember what is typed. */
export function input(name: string, placeholder = '', value = '', type = 'text'): HTMLInputElement {
  const element = h('input', {
    attributes: {
      name,
      type,
      placeholder,
      maxlength: MAX_NAME,
      autocomplete: 'off',
      autocapitalize: 'off',
      spellcheck: 'false',
    },
  });
  element.value = value;
  return element;
}

/** Creates a text area. */
export function area(name: string, rows: number, placeholder = '', value = ''): HTMLTextAreaElement {
  const element = h('textarea', {
    attributes: { name, rows: String(rows), placeholder, spellcheck: 'false', autocapitalize: 'off' },
  });
  element.value = value;
  return element;
}

/** Creates a list of choices. */
export function select(name: string, choices: readonly (readonly [value: string, label: string])[]): HTMLSelectElement {
  const element = h('select', { attributes: { name } });
  setChoices(element, choices);
  return element;
}

/** Replaces the choices of a list if they differ, and keeps the chosen one. */
export function setChoices(
  element: HTMLSelectElement,
  choices: readonly (readonly [value: string, label: string])[],
): void {
  const signature = JSON.stringify(choices);
  if (element.dataset['choices'] === signature) return;
  const { value } = element;
  element.dataset['choices'] = signature;
  element.replaceChildren(
    ...choices.map(([choice, label]) => h('option', { attributes: { value: choice } }, visible(label, 60))),
  );
  if (value !== '') element.value = value;
}

/** Sets the text of an element if it has changed. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Sets or removes an attribute if it has changed. */
export function setAttribute(element: Element, name: string, value: string | null): void {
  if (element.getAttribute(name) === value) return;
  if (value === null) element.removeAttribute(name);
  else element.setAttribute(name, value);
}

/** Shows or hides an element. */
export function show(element: HTMLElement, isShown: boolean): void {
  if (element.hidden === isShown) element.hidden = !isShown;
}

/** Creates a section with a heading. */
export function panel(title: string, ...content: readonly Child[]): HTMLElement {
  return h('section', { class: 'panel' }, h('h2', {}, title), ...content);
}

/** Makes a link the content of a cell. */
export function fillLink(cell: HTMLElement, text: string, href: string): void {
  if (cell.childElementCount === 0) cell.append(h('a'));
  const link = cell.firstElementChild as HTMLAnchorElement;
  setText(link, text);
  setAttribute(link, 'href', href);
}

/** The element of each key, per parent. */
const keyed = new WeakMap<Element, Map<string, HTMLElement>>();

/**
 * Makes the children of a parent those of a list. An element is created once per key; it stays while its key is in the
 * list, and keeps the focus even if it moves.
 */
export function reconcile<Item>(
  parent: HTMLElement,
  items: readonly Item[],
  keyOf: (item: Item) => string,
  create: (item: Item) => HTMLElement,
  update: (element: HTMLElement, item: Item) => void,
): void {
  let known = keyed.get(parent);
  if (known === undefined) keyed.set(parent, (known = new Map<string, HTMLElement>()));
  const unused = new Map(known);
  const focused = document.activeElement;
  for (const [index, item] of items.entries()) {
    const key = keyOf(item);
    let element = known.get(key);
    if (element === undefined) known.set(key, (element = create(item)));
    unused.delete(key);
    update(element, item);
    const there = parent.children[index];
    if (there !== element) parent.insertBefore(element, there ?? null);
  }
  for (const [key, element] of unused) {
    known.delete(key);
    element.remove();
  }
  if (focused !== document.activeElement && focused instanceof HTMLElement && parent.contains(focused)) {
    focused.focus({ preventScroll: true });
  }
}
