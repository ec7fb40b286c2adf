/** The part of the address after `#`, which names the view and its filters: `#/clients?room=lobby`. */

export const VIEWS = ['overview', 'clients', 'client', 'rooms', 'events', 'why'] as const;

export type ViewName = (typeof VIEWS)[number];

export interface Route {
  readonly view: ViewName;
  readonly params: URLSearchParams;
}

/** Reads a hash; an unknown one is the overview. */
export function readRoute(hash: string): Route {
  const [, path = '', query = ''] = /^#?\/?([^?]*)\??(.*)$/s.exec(hash) ?? [];
  const view = VIEWS.find((name) => name === path) ?? 'overview';
  return { view, params: new URLSearchParams(query) };
}

/** Returns the hash of a view. Values that are empty or undefined are left out. */
export function hashOf(
  view: ViewName,
  params: Readonly<Record<string, string | readonly string[] | undefined>> = {},
): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    for (const one of typeof value === 'string' ? [value] : (value ?? [])) if (one !== '') query.append(name, one);
  }
  return `#/${view}${query.size === 0 ? '' : `?${query.toString()}`}`;
}

/**
 * Returns the absolute address of a view: because of `<base>`, a hash alone would lead to another page.
 * @param address the address of the page
 */
export function linkTo(
  view: ViewName,
  params?: Parameters<typeof hashOf>[1],
  address: string = globalThis.location.href,
): string {
  const [page = ''] = address.split('#', 1);
  return page + hashOf(view, params);
}
