/** The navigation of the site is the index of the documentation: its headings, and the first link of each table row. */
import type { DefaultTheme } from 'vitepress';

/** @param index the text of `docs/README.md` */
export function sidebarOf(index: string): DefaultTheme.SidebarItem[] {
  const groups: (DefaultTheme.SidebarItem & { items: DefaultTheme.SidebarItem[] })[] = [];
  let heading = 'Documentation';
  for (const line of index.split('\n')) {
    const title = /^## (.*)$/.exec(line)?.[1];
    if (title !== undefined) heading = title;
    const [, text, page] = /^\| \[([^\]]+)\]\(([\w./-]+)\.md\)/.exec(line) ?? [];
    if (text === undefined) continue;
    let group = groups.find(({ text }) => text === heading);
    if (group === undefined) groups.push((group = { text: heading, items: [] }));
    group.items.push({ text, link: `/${page}` });
  }
  return groups;
}
