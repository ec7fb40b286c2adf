/** Connects the page, and shows the view that the address names. */
import type { Overview } from './answers.js';
import { Connection, type ConnectionState, Refusal } from './connection.js';
import { setText } from './dom.js';
import { Poll } from './poll.js';
import { linkTo, readRoute, type ViewName } from './route.js';
import { switchTheme } from './theme.js';
import { ClientView } from './views/client.js';
import { ClientsView } from './views/clients.js';
import { EventsView } from './views/events.js';
import { OverviewView } from './views/overview.js';
import { RoomsView } from './views/rooms.js';
import type { PageContext, View } from './views/view.js';
import { WhyView } from './views/why.js';

const STATES: Readonly<Record<ConnectionState, string>> = {
  connecting: 'Connecting…',
  connected: 'Connected',
  lost: 'Reconnecting…',
  refused: 'Not permitted',
  broken: 'No client',
};

/** The sentence of a state in which there is nothing new to see. */
const BANNERS: Readonly<Partial<Record<ConnectionState, string>>> = {
  lost: 'The connection to the server was lost. The page shows the latest answer, and reconnects.',
  refused: 'The server does not permit this page, or not any longer. Sign in to the application, then reload.',
  broken: 'The server offers no client for this page: install the package socket.io-client next to nest-socketio.',
};

class Page implements PageContext {
  overview: Overview | null = null;
  readonly #connection = new Connection();
  readonly #poll = new Poll(
    () => this.#refresh(),
    () => this.#connection.state === 'connected',
  );
  readonly #client = new ClientView(this);
  readonly #views: Readonly<Record<ViewName, View>> = {
    overview: new OverviewView(this),
    clients: new ClientsView(this),
    client: this.#client,
    rooms: new RoomsView(this),
    events: new EventsView(this),
    why: new WhyView(this),
  };
  #shown: View | null = null;
  #isFactsStale = true;

  start(): void {
    switchTheme(find('#theme'));
    for (const link of document.querySelectorAll<HTMLAnchorElement>('a[data-view]')) {
      link.href = linkTo(link.dataset['view'] as ViewName);
    }
    find('#skip').addEventListener('click', (event) => {
      event.preventDefault();
      find('#title').focus();
    });
    find('#retry').addEventListener('click', () => this.#connection.reconnect());
    find('#reload').addEventListener('click', () => location.reload());
    addEventListener('hashchange', () => this.#route());
    addEventListener('keydown', (event) => focusSearch(event));
    this.#connection.onState = (state) => this.#showState(state);
    this.#connection.onTraffic = (traffic) => this.#client.addTraffic(traffic);
    this.#route();
    void this.#connection.open(meta('socketio-path'), meta('socketio-namespace'));
  }

  ask<Answer>(event: string, ...args: readonly unknown[]): Promise<Answer> {
    return this.#connection.ask<Answer>(event, ...args);
  }

  keep(overview: Overview): void {
    this.overview = overview;
    this.#isFactsStale = false;
    find('#read-only').hidden = !overview.readOnly;
  }

  refresh(): void {
    this.#poll.now();
  }

  entitle(title: string): void {
    setText(find('#title'), title);
    document.title = title === 'Live' ? title : `${title} · Live`;
  }

  replace(view: ViewName, params: Parameters<PageContext['replace']>[1]): void {
    history.replaceState(null, '', linkTo(view, params));
  }

  #route(): void {
    if (this.#connection.state === 'refused') return; // views keep what they have shown
    const { view: name, params } = readRoute(location.hash);
    const view = this.#views[name];
    const section = name === 'client' ? 'clients' : name;
    const previous = this.#shown;
    if (previous !== view) {
      previous?.close?.();
      this.#shown = view;
      find('#view').replaceChildren(view.element);
      this.entitle(view.title);
      for (const link of document.querySelectorAll<HTMLElement>('a[data-view]')) {
        if (link.dataset['view'] === section) link.setAttribute('aria-current', 'page');
        else link.removeAttribute('aria-current');
      }
      scrollTo(0, 0);
      if (previous !== null) find('#title').focus({ preventScroll: true });
    }
    view.open(params);
    this.#isFactsStale = true;
    this.#poll.now();
  }

  async #refresh(): Promise<void> {
    const view = this.#shown as View;
    try {
      // Namespaces and permissions: all views show them, and only one requests them by itself.
      if (this.#isFactsStale && view !== this.#views.overview) this.keep(await this.ask<Overview>('overview'));
      await view.refresh();
      this.#showProblem('');
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (this.#connection.state === 'connected') this.#showProblem(error.message);
    }
  }

  #showState(state: ConnectionState): void {
    document.documentElement.dataset['state'] = state;
    setText(find('#state'), STATES[state]);
    this.#showProblem(BANNERS[state] ?? '');
    find('#reload').hidden = state !== 'refused';
    find('#retry').hidden = state !== 'refused';
    if (state === 'refused') this.#clear();
    if (state !== 'connected') return;
    if (this.#shown === null) this.#route();
    this.#isFactsStale = true;
    this.#shown?.resume?.();
    this.#poll.now();
  }

  /** Removes all that a visitor who is not permitted any longer has seen. */
  #clear(): void {
    this.#shown?.close?.();
    this.#shown = null;
    this.overview = null;
    find('#view').replaceChildren();
    this.entitle('Live');
  }

  #showProblem(text: string): void {
    setText(find('#problem'), text);
    find('#banner').hidden = text === '';
  }
}

/** Moves the focus to the search field of the view, if `/` is pressed outside of a field. */
function focusSearch(event: KeyboardEvent): void {
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target instanceof Element && event.target.closest('input, textarea, select, dialog') !== null) return;
  const search = document.querySelector<HTMLElement>('#view [data-shortcut="/"]');
  if (search === null) return;
  event.preventDefault();
  search.focus();
}

/** Returns an element of page.html. */
function find(selector: string): HTMLElement {
  return document.querySelector(selector) as HTMLElement;
}

/** Returns a value that the server has written into the head of the page. */
function meta(name: string): string {
  return document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? '';
}

new Page().start();
