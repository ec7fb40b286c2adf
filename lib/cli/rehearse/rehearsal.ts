/**
 * The course of a rehearsal: one client finds out what the deployment answers, then all connect and talk, the deployment
 * is restarted, and the clients talk on until everything that is due can have arrived.
 */
import { CommandFailed } from '../command.js';
import { Participant } from './participant.js';
import type { Plan } from './plan.js';
import type { Restart, Scope } from './recording.js';
import { judge, type Result } from './result.js';
import type { Outcome } from './shell.js';
import type { StockClient } from './stock-client.js';
import type { Time } from './time.js';

/** Everything that a rehearsal depends on, so that tests can replace it. */
export interface World {
  readonly time: Time;
  /** Creates a client that connects to the namespace. @param number from 1; 0 is the one that asks first */
  readonly connect: (namespace: string, number: number) => StockClient;
  readonly run: (command: string) => Promise<Outcome>;
  readonly print: (line: string) => void;
  readonly interrupted: AbortSignal;
}

const TICK = 20; // ms between two looks at the clients

/** Clients that start to connect in a tick: below the 2,000 handshakes a second that a server accepts by default. */
const CLIENTS_PER_TICK = 25;

const ANSWER_TIMEOUT = 5_000; // ms, of the first client
const CONNECT_TIMEOUT = 60_000; // ms, of all clients, at the start and after a restart
const PATIENCE = 5; // times the delay after which a message is late: one that does not arrive until then is lost
const MAX_REASONS = 100;
const OWN_NAMESPACE = '/rehearsal';

/** The answer of Socket.IO to a client of a namespace that does not exist. */
const UNKNOWN_NAMESPACE = 'Invalid namespace';

export class Rehearsal {
  readonly #plan: Plan;
  readonly #world: World;
  readonly #run: string;
  readonly #participants: Participant[] = [];
  readonly #restarts: Restart[] = [];
  readonly #problems = new Map<string, number>();
  /** When each message was sent, by its mark. ms */
  readonly #sentAt = new Map<string, number>();
  /** When each client speaks next. ms */
  readonly #due: number[] = [];
  #scope: Scope = 'messages';
  #ownDelay = 0;

  /** @param run part of each message, different in each rehearsal */
  constructor(plan: Plan, world: World, run: string) {
    this.#plan = plan;
    this.#world = world;
    this.#run = run;
  }

  /** @throws CommandFailed if the clients cannot connect, or the deployment does not know the given events */
  async run(): Promise<Result> {
    const { time, interrupted } = this.#world;
    try {
      const namespace = await this.#explore();
      await this.#gather(namespace);
      const from = time.now();
      await this.#perform();
      await this.#settle();
      const recording = {
        scope: this.#scope,
        namespace,
        participants: this.#participants,
        from,
        to: time.now(),
        restarts: this.#restarts,
        problems: this.#problems,
        ownDelay: this.#ownDelay,
        wasInterrupted: interrupted.aborted,
      };
      return judge(recording, this.#plan);
    } finally {
      for (const participant of this.#participants) participant.stop();
    }
  }

  // --- The steps ---

  /** Finds out what can be checked. Returns the namespace. */
  async #explore(): Promise<string> {
    const { namespace, isOwnDialect } = this.#plan;
    const candidates = namespace === null ? [OWN_NAMESPACE, '/'] : [namespace];
    for (const candidate of candidates) {
      const scope = await this.#scopeOf(candidate);
      if (scope === null && this.#problems.has(UNKNOWN_NAMESPACE)) continue;
      if (scope === null) break;
      if (isOwnDialect && scope !== 'messages') throw new CommandFailed(this.#refusal(scope));
      this.#scope = scope;
      this.#problems.clear();
      return candidate;
    }
    throw new CommandFailed(`No client could connect to ${this.#plan.urls[0]}: ${this.#reasons()}`);
  }

  /** Connects one client that joins and sends. Returns `null` if it cannot connect. */
  async #scopeOf(namespace: string): Promise<Scope | null> {
    const { time } = this.#world;
    const client = this.#world.connect(namespace, 0);
    const first = this.#create(client, 0, false);
    try {
      const isAnswered = () => first.lastAnswer !== undefined;
      await this.#until(() => client.connected || first.hasGivenUp, time.now() + ANSWER_TIMEOUT);
      if (!client.connected) return null;
      this.#problems.clear();
      await this.#until(() => first.isPresent || isAnswered(), time.now() + ANSWER_TIMEOUT);
      first.say(first.rooms[0] as string);
      await this.#until(() => isAnswered() && first.isAnswered, time.now() + ANSWER_TIMEOUT);
      if (!isAnswered() || !first.isAnswered) return 'connections';
      return first.lastAnswer?.error === null ? 'messages' : 'answers';
    } finally {
      first.stop();
    }
  }

  /** Connects all clients. @throws CommandFailed */
  async #gather(namespace: string): Promise<void> {
    const { clients } = this.#plan;
    const { time, connect, print } = this.#world;
    const deadline = time.now() + CONNECT_TIMEOUT;
    for (let number = 1; number <= clients && !this.#isInterrupted; number++) {
      this.#participants.push(this.#create(connect(namespace, number), number, true));
      if (number % CLIENTS_PER_TICK === 0) await time.sleep(TICK);
    }
    await this.#until(() => this.#isComplete, deadline);
    const count = this.#participants.filter(({ isPresent }) => isPresent).length;
    if (count < clients) {
      throw new CommandFailed(`${count} of ${clients} clients could connect: ${this.#reasons() || 'interrupted'}`);
    }
    print(`All ${clients} clients are connected.`);
  }

  /** Lets the clients talk, and restarts the deployment meanwhile. */
  async #perform(): Promise<void> {
    const { restarts, seconds, rate, clients } = this.#plan;
    const { now } = this.#world.time;
    const share = (seconds * 1_000) / (restarts.length + 1);
    for (let i = 0; i < clients; i++) this.#due.push(now() + (i / clients) * (1_000 / rate));
    await this.#talk(share);
    for (const command of restarts) {
      if (this.#isInterrupted) return;
      await this.#restart(command);
      await this.#talk(share);
    }
  }

  async #restart(command: string): Promise<void> {
    const { time, run, print } = this.#world;
    const from = time.now();
    let outcome: Outcome | undefined;
    print(`Runs: ${command}`);
    void run(command).then((ended) => {
      outcome = ended;
    });
    await this.#until(() => outcome !== undefined, Infinity, true);
    const { exitCode, output } = outcome ?? { exitCode: null, output: 'The command is still running.' };
    this.#restarts.push({ command, from, to: time.now(), exitCode, output });
    if (exitCode !== 0)
      print(`"${command}" ${exitCode === null ? 'did not finish' : `failed with ${exitCode}`}:\n${output}`);
  }

  /** Lets the clients talk for a time, and then until all are back. */
  async #talk(ms: number): Promise<void> {
    const { time } = this.#world;
    const end = time.now() + ms;
    await this.#until(() => time.now() >= end, Infinity, true);
    await this.#until(() => this.#isComplete, time.now() + CONNECT_TIMEOUT, true);
  }

  /** Waits until all messages have arrived, or none has for a time. */
  async #settle(): Promise<void> {
    const { time } = this.#world;
    const patience = PATIENCE * this.#plan.late;
    const hasAll = () => this.#participants.every(({ isAnswered }) => isAnswered) && this.#heard >= this.#expected;
    let last = this.#heard;
    let lastAt = time.now();
    while (!hasAll() && time.now() < lastAt + patience) {
      await time.sleep(TICK);
      if (this.#heard === last) continue;
      last = this.#heard;
      lastAt = time.now();
    }
  }

  // --- Inside ---

  get #isInterrupted(): boolean {
    return this.#world.interrupted.aborted;
  }

  /** Whether all clients are there, except those that do not reconnect. */
  get #isComplete(): boolean {
    return this.#participants.every(({ isPresent, hasGivenUp }) => isPresent || hasGivenUp);
  }

  get #heard(): number {
    return this.#participants.reduce((sum, { heard }) => sum + heard.length, 0);
  }

  /** The number of messages that are heard if none is lost. */
  get #expected(): number {
    if (this.#scope !== 'messages') return 0;
    const sizes = new Map<string, number>();
    for (const { rooms } of this.#participants) sizes.set(rooms[0] as string, (sizes.get(rooms[0] as string) ?? 0) + 1);
    return this.#participants.reduce(
      (sum, { said, rooms }) => sum + said.length * ((sizes.get(rooms[0] as string) as number) - 1),
      0,
    );
  }

  #create(client: StockClient, number: number, isCast: boolean): Participant {
    const { dialect, clients, roomSize } = this.#plan;
    const scope = isCast ? this.#scope : 'messages';
    const room = `room ${number % Math.ceil(clients / roomSize)}`;
    return new Participant(String(number), room, client, {
      run: this.#run,
      dialect: scope === 'messages' ? dialect : { ...dialect, join: null },
      acceptsErrors: scope !== 'messages',
      sentAt: this.#sentAt,
      now: () => this.#world.time.now(),
      onProblem: (reason) => this.#count(reason),
    });
  }

  #count(reason: string): void {
    const key = this.#problems.size < MAX_REASONS || this.#problems.has(reason) ? reason : '(other)';
    this.#problems.set(key, (this.#problems.get(key) ?? 0) + 1);
  }

  /** Looks at the clients until `isDone`, the deadline or Ctrl-C. @param talks whether the clients talk meanwhile */
  async #until(isDone: () => boolean, deadline: number, talks = false): Promise<void> {
    const { time } = this.#world;
    while (!isDone() && time.now() < deadline && !this.#isInterrupted) {
      if (talks) this.#sayWhatIsDue();
      const before = time.now();
      await time.sleep(TICK);
      this.#ownDelay = Math.max(this.#ownDelay, time.now() - before - TICK);
    }
  }

  #sayWhatIsDue(): void {
    if (this.#scope === 'connections') return;
    const now = this.#world.time.now();
    const pause = 1_000 / this.#plan.rate;
    for (const [i, participant] of this.#participants.entries()) {
      for (; (this.#due[i] as number) <= now; this.#due[i] = (this.#due[i] as number) + pause) {
        participant.say(participant.rooms[0] as string);
      }
    }
  }

  #refusal(scope: Scope): string {
    const [event] = this.#plan.dialect.send;
    return scope === 'answers'
      ? `The deployment refuses an event of --join or --send: ${this.#reasons()}`
      : `The deployment did not acknowledge "${event}" within ${ANSWER_TIMEOUT / 1_000} s. Its handler must return a value.`;
  }

  #reasons(): string {
    return [...this.#problems]
      .map(([reason, count]) => (count === 1 ? reason : `${reason} (${count} times)`))
      .join(', ');
  }
}
