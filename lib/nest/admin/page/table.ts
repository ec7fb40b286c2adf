/** A table whose rows stay in place while their cells change. On a phone, CSS shows each row as a card. */
import { h, reconcile, setAttribute, setText, show } from './dom.js';

export interface Column<Row> {
  readonly id: string;
  readonly title: string;
  /** Returns the text of a cell. */
  readonly text?: (row: Row) => string;
  /** Creates and updates the content of a cell that is more than text. */
  readonly fill?: (cell: HTMLElement, row: Row) => void;
  readonly kind?: 'text' | 'short' | 'number' | 'name' | 'actions';
  /** Returns the value to sort by, if the column can be sorted. */
  readonly sort?: (row: Row) => number | string;
  /** Whether a click on the title is handled by {@link TableOptions.onSort}. */
  readonly isSortable?: boolean;
  /** Returns whether the value needs attention. */
  readonly isBad?: (row: Row) => boolean;
}

export interface TableOptions<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly keyOf: (row: Row) => string;
  /** The sentence that an empty table shows. */
  readonly empty: string;
  /** The column by which it is sorted first, descending unless its values are texts. */
  readonly sortedBy?: string;
  /** Called with the column of a title that was clicked. Without it, the table sorts its rows. */
  readonly onSort?: (column: string) => void;
  /** Returns the address that a click on a row opens. */
  readonly hrefOf?: (row: Row) => string;
}

export class Table<Row> {
  readonly element: HTMLElement;
  readonly #options: TableOptions<Row>;
  readonly #body: HTMLElement;
  readonly #empty: HTMLElement;
  readonly #table: HTMLElement;
  readonly #titles = new Map<string, HTMLElement>();
  #rows: readonly Row[] = [];
  #sortedBy: string | undefined;
  #isAscending = false;

  constructor(options: TableOptions<Row>) {
    this.#options = options;
    this.#sortedBy = options.sortedBy;
    this.#body = h('tbody', { attributes: { role: 'rowgroup' } });
    const titles = h('tr', { attributes: { role: 'row' } }, ...options.columns.map((column) => this.#title(column)));
    // CSS changes how a table is displayed, and some browsers then forget its roles.
    this.#table = h(
      'table',
      { attributes: { role: 'table', 'aria-label': options.label } },
      h('thead', { attributes: { role: 'rowgroup' } }, titles),
      this.#body,
    );
    this.#empty = h('p', { class: 'empty' }, options.empty);
    this.element = h('div', { class: 'table' }, this.#table, this.#empty);
    this.#empty.hidden = true;
    this.#markSorted();
  }

  /** Shows rows. */
  update(rows: readonly Row[]): void {
    this.#rows = rows;
    this.#render();
  }

  /** Sorts by a column; descending first, if its values are numbers. */
  sortBy(id: string, isAscending = id === 'name'): void {
    this.#sortedBy = id;
    this.#isAscending = isAscending;
    this.#markSorted();
    this.#render();
  }

  get sortedBy(): string | undefined {
    return this.#sortedBy;
  }

  #render(): void {
    const { keyOf } = this.#options;
    const rows = this.#options.onSort === undefined ? this.#sorted() : this.#rows;
    show(this.#table, rows.length > 0);
    show(this.#empty, rows.length === 0);
    reconcile(
      this.#body,
      rows,
      keyOf,
      (row) => this.#create(row),
      (element, row) => this.#fill(element, row),
    );
  }

  #sorted(): readonly Row[] {
    const sort = this.#options.columns.find(({ id }) => id === this.#sortedBy)?.sort;
    if (sort === undefined) return this.#rows;
    const sign = this.#isAscending ? 1 : -1;
    return this.#rows.toSorted((one, other) => {
      const [a, b] = [sort(one), sort(other)];
      if (a === b) return 0;
      return (a < b ? -1 : 1) * sign;
    });
  }

  #create(row: Row): HTMLElement {
    const cells = this.#options.columns.map(({ kind = 'text', title }) =>
      h('td', { class: kind, attributes: { role: 'cell', 'data-label': title } }),
    );
    const element = h('tr', { attributes: { role: 'row' } }, ...cells);
    const { hrefOf } = this.#options;
    if (hrefOf !== undefined) {
      const href = hrefOf(row);
      element.classList.add('link');
      // The first cell contains a link for the keyboard; a click anywhere on the row does the same.
      element.addEventListener('click', (event) => {
        const isOnControl = event.target instanceof Element && event.target.closest('a, button') !== null;
        if (!isOnControl && String(getSelection() ?? '') === '') location.assign(href);
      });
    }
    return element;
  }

  #fill(element: HTMLElement, row: Row): void {
    for (const [index, column] of this.#options.columns.entries()) {
      const cell = element.children[index] as HTMLElement;
      if (column.fill === undefined) setText(cell, column.text?.(row) ?? '');
      else column.fill(cell, row);
      if (column.kind === 'short') setAttribute(cell, 'title', cell.textContent);
      if (column.isBad !== undefined) cell.classList.toggle('bad', column.isBad(row));
    }
  }

  #title({ id, title, kind = 'text', sort, isSortable = sort !== undefined }: Column<Row>): HTMLElement {
    const element = h('th', { class: kind, attributes: { role: 'columnheader', scope: 'col' } });
    if (!isSortable) {
      if (title === '') element.setAttribute('aria-label', 'Actions');
      else element.append(title);
      return element;
    }
    this.#titles.set(id, element);
    const onclick = (): void => {
      if (this.#options.onSort !== undefined) this.#options.onSort(id);
      else this.sortBy(id, this.#sortedBy === id ? !this.#isAscending : undefined);
    };
    element.append(h('button', { class: 'sort', attributes: { type: 'button' }, onclick }, title));
    return element;
  }

  #markSorted(): void {
    for (const [id, element] of this.#titles) {
      const order = this.#isAscending ? 'ascending' : 'descending';
      setAttribute(element, 'aria-sort', id === this.#sortedBy ? order : null);
    }
  }

  /** Marks the column by which the server has sorted. */
  markSortedBy(id: string): void {
    this.#sortedBy = id;
    this.#markSorted();
  }
}
