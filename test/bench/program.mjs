/** A program of the benchmark in its own process: starts, commands and stops it. Every wait has a deadline. */
import { fork } from 'node:child_process';
import { once } from 'node:events';

const DEADLINE = 60_000; // ms for each answer

export class Program {
  #child;
  #waiting = new Map();
  #lastId = 0;
  #errors = '';
  /** The error for all further commands, once the program has ended. */
  #end = null;

  /**
   * Starts a file and waits until it is ready.
   * @param options of `fork`; `env` is merged into the environment of this process
   */
  static async start(file, { env = {}, ...options } = {}) {
    const program = new Program();
    await program.#start(file, { ...options, env: { ...process.env, NODE_ENV: 'production', ...env } });
    return program;
  }

  get pid() {
    return this.#child.pid;
  }

  /** @throws if the command fails, or the program ends or does not answer in time */
  ask(command, args = {}) {
    if (this.#end !== null) return Promise.reject(this.#end);
    const id = ++this.#lastId;
    const answer = this.#wait(id, command);
    this.#child.send({ id, command, args });
    return answer;
  }

  async stop() {
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null) return;
    this.#child.kill('SIGKILL'); // it has nothing to clean up
    await once(this.#child, 'exit');
  }

  async #start(file, options) {
    this.#child = fork(file, { ...options, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    this.#child.stderr.on('data', (text) => {
      this.#errors = (this.#errors + text).slice(-4000);
    });
    this.#child.on('message', (message) => this.#take(message));
    this.#child.on('exit', (code, signal) => this.#over(`ended (${signal ?? code})`));
    this.#child.on('error', (error) => this.#over(error.message));
    await this.#wait('ready', 'start');
  }

  #take({ id, ready, answer, error }) {
    const waiting = this.#waiting.get(ready ? 'ready' : id);
    if (error === undefined) waiting?.resolve(answer);
    else waiting?.reject(new Error(error));
  }

  #over(how) {
    this.#end ??= new Error(`the program ${how}: ${this.#errors}`);
    for (const { reject } of this.#waiting.values()) reject(this.#end);
  }

  async #wait(id, what) {
    let timer;
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject });
        timer = setTimeout(
          () => reject(new Error(`no answer to ${what} in ${DEADLINE} ms: ${this.#errors}`)),
          DEADLINE,
        );
      });
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
    }
  }
}
