// The bad clients, a process of their own: each kind repeats its act, and is bounded in number and in time.
import { answerCommands } from '../../bench/commands.mjs';
import { KINDS } from './kinds.mjs';
import { Population } from './population.mjs';
import { Random } from './random.mjs';
import { Scene } from './scene.mjs';

const acts = {}; // by kind: { done, failed, failure }
let scene = null;

process.on('SIGINT', () => {}); // the run decides when this process ends

answerCommands({
  /**
   * @param share of the full numbers of clients, up to 1
   * @param longestPause ms; in a short run, every kind must have its turn
   */
  begin({ port, seed, share, longestPause }) {
    const random = new Random(seed);
    scene = new Scene(port, new Population(), share);
    for (const { name, count, pause, act } of KINDS) {
      acts[name] ??= { done: 0, failed: 0, failure: null };
      for (let i = 0; i < Math.ceil(count * share); i++) add(name, Math.min(pause, longestPause), act, random.fork());
    }
  },

  /** Resolves when all connections are closed. */
  async end() {
    await scene.end();
  },

  state: () => ({ acts, opened: scene.opened }),
});

function add(name, pause, act, random) {
  scene.population.add(random, pause, async () => {
    try {
      await act(scene, random);
      acts[name].done++;
    } catch (error) {
      acts[name].failed++; // refused or disconnected, which is what the server may do
      acts[name].failure = error.message;
      if (error instanceof TypeError || error instanceof ReferenceError) throw error; // a mistake of the act
    }
  });
}
