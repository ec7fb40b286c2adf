/** The sources of a project while it is being migrated, and the list of open decisions. */
import type ts from 'typescript';
import { Source } from '../source/source.js';
import { Sources } from '../source/sources.js';

/** A remark about a line of a file. */
export interface Remark {
  readonly path: string;
  readonly line: number;
  readonly text: string;
}

export class Workspace extends Sources {
  /** Files whose class is gone, and nothing else was in them. */
  readonly deleted = new Set<string>();
  /** Files that are left as they are: those of an application that stays, or of an adapter that nothing uses. */
  readonly untouched = new Set<string>();
  #decisions: Remark[] = [];

  // --- Public methods ---

  /** The decisions that are left to a person. */
  get decisions(): readonly Remark[] {
    return this.#decisions;
  }

  /** A comment in the source, and an entry of the list of decisions. */
  decide(source: Source, node: ts.Node, text: string, comment = true): void {
    if (comment) source.todo(node, text);
    this.remark(source, node, text);
  }

  remark(source: Source, node: ts.Node, text: string): void {
    const { path } = source;
    const line = source.lineOf(node);
    if (!this.#decisions.some((other) => other.path === path && other.line === line && other.text === text)) {
      this.#decisions.push({ path, line, text });
    }
  }

  /** Forgets all changes to files, and the decisions about them. */
  leave(paths: Iterable<string>): void {
    const left = new Set(paths);
    this.#decisions = this.#decisions.filter(({ path }) => !left.has(path));
    for (const source of this.opened) if (left.has(source.path)) source.reset();
    for (const path of left) {
      this.deleted.delete(path);
      this.untouched.add(path);
    }
  }

  /** Parses a file whose imports from `socket.io` are rewritten to `nest-socketio` later. */
  override parse(path: string, text: string): Source {
    return new Source(this.ts, path, text, (module) => (/^socket\.io(\/|$)/.test(module) ? 'nest-socketio' : module));
  }
}
