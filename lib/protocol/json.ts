/**
 * How values become text and back. JavaScript's own `JSON` is the default; an application may bring another
 * pair of functions, which see the values of its handlers and of clients as they are.
 */

/**
 * Both directions. Binary parts are out of the value before `stringify` sees it, and back in it after `parse`.
 * Source: Flask-SocketIO, the option `json`.
 */
export interface Json {
  /** The text that stands for a value; it must hold no binary data. May throw for what it cannot say. */
  stringify(value: unknown): string;
  /** The value of a text, which comes from a client. May throw for what it does not understand. */
  parse(text: string): unknown;
}
