/** The contract between the page and its views. */
import type { Overview } from '../answers.js';
import { visible } from '../format.js';
import type { ViewName } from '../route.js';

export interface View {
  readonly title: string;
  readonly element: HTMLElement;
  /** Called when the view is shown, and when its part of the address changes. */
  open(params: URLSearchParams): void;
  /** Requests what is shown, and shows the answer. */
  refresh(): Promise<void>;
  /** Called when another view is shown. */
  close?(): void;
  /** Called when the page has connected again. */
  resume?(): void;
}

/** The page as a view sees it. */
export interface PageContext {
  /** The latest overview. `null` before the first. */
  readonly overview: Overview | null;
  /** @throws Refusal */
  ask<Answer>(event: string, ...args: readonly unknown[]): Promise<Answer>;
  /** Keeps the latest overview for all views. */
  keep(overview: Overview): void;
  /** Refreshes the view that is shown. */
  refresh(): void;
  /** Changes the heading of the view that is shown. */
  entitle(title: string): void;
  /** Replaces the part of the address after `#`, without a new entry in the history. */
  replace(view: ViewName, params: Readonly<Record<string, string | readonly string[]>>): void;
}

/** Returns the namespaces as choices, with one for all of them, and with the chosen one even if it is not known. */
export function namespaceChoices(page: PageContext, chosen: string, all?: string): [value: string, label: string][] {
  const names = new Set(page.overview?.namespaces.map(({ name }) => name));
  if (chosen !== '') names.add(chosen);
  const choices = [...names].toSorted().map((name): [string, string] => [name, name]);
  return all === undefined ? choices : [['', all], ...choices];
}

/** Adds the servers that did not answer to a sentence about a list. */
export function withSilent(text: string, silent: readonly string[]): string {
  return silent.length === 0 ? text : `${text} · no answer from ${silent.map((name) => visible(name)).join(', ')}`;
}
