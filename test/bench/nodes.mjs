/** The nodes of one server, each a program of its own. All of them get the same commands. */
import { Program } from './program.mjs';

export class Nodes {
  #programs;

  /** @param options see `Program.start` */
  static async start(count, file, options) {
    const nodes = new Nodes();
    const started = await Promise.allSettled(Array.from({ length: count }, () => Program.start(file, options)));
    nodes.#programs = started.flatMap(({ value }) => value ?? []);
    const failed = started.find(({ status }) => status === 'rejected');
    if (failed === undefined) return nodes;
    await nodes.stop();
    throw failed.reason;
  }

  /** The answers of all nodes. */
  each(command, args) {
    return Promise.all(this.#programs.map((program) => program.ask(command, args)));
  }

  /** The answer of the only node; of several, the sum of their numbers, or all elements of their lists. */
  async ask(command, args) {
    const answers = await this.each(command, args);
    if (answers.length === 1) return answers[0];
    return typeof answers[0] === 'number' ? answers.reduce((sum, answer) => sum + answer, 0) : answers.flat();
  }

  async stop() {
    await Promise.all(this.#programs.map((program) => program.stop()));
  }
}
