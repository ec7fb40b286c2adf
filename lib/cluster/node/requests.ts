/**
 * The questions of a node to the others, such as for their sockets. A question is open until every node that was asked
 * has answered, has left, or has been silent until the deadline. It ends with the answers that have arrived and with
 * the nodes that did not answer; it never fails as a whole.
 *
 * A node that has just started does not know the others yet. Until it does, any of them may answer.
 */
import type { Clock, Timer } from '../../engine/internal.js';
import type { Answers } from '../../server/internal.js';

interface Question {
  /** The nodes that have not answered; `null` while they are not known. */
  awaited: Set<string> | null;
  /** The nodes that have answered before they were known. */
  readonly early: Set<string>;
  readonly silent: string[];
  readonly answers: (readonly unknown[])[];
  readonly deadline: Timer;
  readonly done: (answers: Answers) => void;
}

export class Requests {
  readonly #clock: Clock;
  readonly #open = new Map<number, Question>();
  #last = 0;
  #isSettled = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Opens a question.
   * @param nodes the ids of the nodes that are known by now
   * @param timeout ms
   * @param done called once, never before this returns
   * @param isForOne whether only one node is asked: whether there are others does not matter
   * @returns the number of the question, which each answer repeats
   */
  open(nodes: readonly string[], timeout: number, done: (answers: Answers) => void, isForOne = false): number {
    const id = ++this.#last;
    const deadline = this.#clock.after(timeout, () => this.#end(id));
    const awaited = this.#isSettled || isForOne ? new Set(nodes) : null;
    this.#open.set(id, { awaited, early: new Set(), silent: [], answers: [], deadline, done });
    return id;
  }

  /** Called when the other nodes are known. */
  settle(nodes: readonly string[]): void {
    this.#isSettled = true;
    for (const [id, question] of this.#open) {
      if (question.awaited !== null) continue;
      question.awaited = new Set(nodes.filter((node) => !question.early.has(node)));
      if (question.awaited.size === 0) this.#end(id);
    }
  }

  /** Called with an answer. One that is late, or from a node that was not asked, has no effect. */
  answered(id: number, node: string, answer: readonly unknown[]): void {
    const question = this.#open.get(id);
    if (question === undefined) return;
    const { awaited, early, answers } = question;
    if (awaited === null ? early.has(node) : !awaited.delete(node)) return;
    early.add(node);
    answers.push(answer);
    if (awaited?.size === 0) this.#end(id);
  }

  /**
   * Called when a node will not answer any more.
   * @param inSilence whether it has vanished: a node that leaves has no clients any more, which is as good as an answer
   */
  left(node: string, inSilence: boolean): void {
    for (const [id, question] of this.#open) {
      if (question.awaited?.delete(node) !== true) continue;
      if (inSilence) question.silent.push(node);
      if (question.awaited.size === 0) this.#end(id);
    }
  }

  /** Ends all questions. */
  close(): void {
    for (const id of this.#open.keys()) this.#end(id);
  }

  #end(id: number): void {
    const question = this.#open.get(id);
    if (question === undefined) return;
    this.#open.delete(id);
    question.deadline.cancel();
    question.done({ answers: question.answers, silent: [...question.silent, ...(question.awaited ?? [])] });
  }
}
