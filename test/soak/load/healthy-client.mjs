/**
 * A client that follows the protocol. In each session it joins rooms, speaks, asks, changes rooms, and disconnects:
 * either after it has left its rooms, so that everything that was due can be counted, or at once. Clients that write
 * the protocol by hand also lose their connection now and then, and resume it.
 */
import { ROOMS } from '../traffic.mjs';
import { Late, RawClient } from './raw-client.mjs';
import { StockClient } from './stock-client.mjs';

const ANSWER_TIMEOUT = 20_000; // ms after which an acknowledgement is lost
const STEPS = { min: 5, max: 30 }; // in a session
const STEP_PAUSE = 800; // ms, the longest between two steps
const BURST = 50; // messages

export class HealthyClient {
  random;
  sessions = 0;
  /** Connections that were lost and resumed with all their events. */
  recovered = 0;
  /** Lost connections whose events the server no longer had. */
  notRecovered = 0;
  #name;
  #port;
  #isStock;
  #ledger;
  #onLatency;
  #connection = null;
  #rooms = [];
  #numbers = new Map(); // room -> the number of the last message of this client
  #bursts = new Map(); // id -> the number of the next part
  #lastId = 0;
  #pending = new Set();
  #isLeaving = false;

  constructor({ name, port, isStock, ledger, onLatency, random }) {
    this.#name = name;
    this.#port = port;
    this.#isStock = isStock;
    this.#ledger = ledger;
    this.#onLatency = onLatency;
    this.random = random;
  }

  /** One session. What goes wrong becomes a finding. */
  async live(population) {
    try {
      await this.#connect();
      await this.#session(population);
      await this.#leave();
    } catch (error) {
      const kind = error instanceof Late ? 'late' : 'refused';
      if (error !== DROPPED) this.#ledger.find(kind, `${this.#name}: ${error.message}`);
    }
    this.#ledger.gone(this.#name);
    this.#connection = null;
    this.#rooms = [];
    this.#pending.clear();
    this.#bursts.clear();
  }

  // --- A session ---

  async #session(population) {
    for (let i = 0; i < 3; i++) await this.#join();
    const steps = this.random.int(STEPS.min, STEPS.max);
    for (let step = 0; step < steps && !population.isStopped; step++) {
      await population.sleep(this.random.int(1, STEP_PAUSE));
      await this.#step();
    }
  }

  async #step() {
    const { random } = this;
    const choice = random.next();
    if (choice < 0.5) this.#say();
    else if (choice < 0.8) this.#ask();
    else if (choice < 0.88) this.#burst();
    else if (choice < 0.96 || this.#isStock) await this.#changeRooms();
    else await this.#resume();
    if (this.#connection === null) throw DROPPED;
  }

  async #connect() {
    this.#isLeaving = false;
    this.#watch(await (this.#isStock ? StockClient : RawClient).join(this.#port));
    this.sessions++;
  }

  #watch(connection) {
    this.#connection = connection;
    connection.onEvent = (event) => this.#take(event, connection.session === null);
    connection.onGarbled = (what) => this.#ledger.find('garbled', `${this.#name} got ${what}`);
    void connection.ended.then((how) => {
      if (this.#isLeaving || this.#connection !== connection) return;
      this.#connection = null;
      this.#ledger.find('dropped', `${this.#name}: ${how}`);
    });
  }

  async #leave() {
    await this.#answers();
    if (this.random.chance(0.5)) for (const room of this.#rooms.slice()) await this.#leaveRoom(room);
    if (this.#connection === null) throw DROPPED;
    this.#isLeaving = true;
    this.#connection.close();
    await this.#connection.ended;
  }

  // --- Steps ---

  async #join() {
    const room = this.random.pick(ROOMS.filter((room) => !this.#rooms.includes(room)));
    this.#rooms.push(room);
    this.#ledger.joining(this.#name, room);
    if (await this.#request(['join', room])) this.#ledger.joined(this.#name, room);
  }

  async #leaveRoom(room) {
    this.#rooms.splice(this.#rooms.indexOf(room), 1);
    this.#ledger.leaving(this.#name, room);
    if (await this.#request(['leave', room])) this.#ledger.left(this.#name, room);
  }

  async #changeRooms() {
    await this.#leaveRoom(this.random.pick(this.#rooms));
    await this.#join();
  }

  #say() {
    const room = this.random.pick(this.#rooms);
    const number = (this.#numbers.get(room) ?? 0) + 1;
    this.#numbers.set(room, number);
    this.#ledger.sending(room, this.#name, number);
    void this.#request(['say', room, this.#name, number], number, () => this.#ledger.sent(room, this.#name, number));
  }

  #ask() {
    const id = ++this.#lastId;
    void this.#request(['ask', id], id);
  }

  #burst() {
    const id = ++this.#lastId;
    this.#bursts.set(id, 0);
    void this.#request(['burst', id, BURST], BURST, () => {
      const got = this.#bursts.get(id);
      if (got !== BURST) this.#ledger.find('lost', `${this.#name} got ${got} of the ${BURST} parts of burst ${id}`);
      this.#bursts.delete(id);
    });
  }

  /** Loses the connection, and resumes it, which brings the missed messages. */
  async #resume() {
    await this.#answers();
    if (this.#connection === null) return;
    const lost = this.#connection;
    this.#isLeaving = true;
    lost.vanish();
    await lost.ended;
    const { pid } = lost.session;
    const connection = await RawClient.open(this.#port);
    connection.offset = lost.offset;
    this.#isLeaving = false;
    this.#watch(connection);
    await connection.join('/', { pid, offset: lost.offset });
    if (connection.session.pid === pid) {
      this.recovered++;
      return;
    }
    this.notRecovered++; // a new socket, in no room: what was missed is gone, as the protocol says
    this.#ledger.gone(this.#name);
    this.#rooms = [];
    for (let i = 0; i < 3; i++) await this.#join();
  }

  // --- Messages ---

  /** @param isMissed whether it arrived before the answer to CONNECT: the client resumes */
  #take([name, ...args], isMissed) {
    if (name === 'said') {
      const [room, speaker, number] = args;
      if (typeof number === 'number') this.#ledger.heardBy(this.#name, room, speaker, number, isMissed);
    } else if (name === 'part') {
      const [id, number] = args;
      const due = this.#bursts.get(id);
      if (number === due) this.#bursts.set(id, number + 1);
      else this.#ledger.find('lost', `${this.#name} got part ${number} of burst ${id} instead of ${due}`);
    } else this.#ledger.find('garbled', `${this.#name} got the event ${name}`);
  }

  /**
   * Emits an event, and checks its acknowledgement.
   * @param expected the answer that is due; omitted if any will do
   * @returns whether the event was acknowledged
   */
  #request(event, expected, onAnswer = () => {}) {
    if (this.#connection === null) throw DROPPED;
    const id = ++this.#lastId;
    const askedAt = performance.now();
    this.#ledger.asked(this.#name, id);
    const answered = new Promise((resolve) => {
      const timer = setTimeout(resolve, ANSWER_TIMEOUT, false);
      void this.#connection.ended.then(() => resolve(false));
      this.#connection.emitWithAck(event, (answer) => {
        clearTimeout(timer);
        this.#onLatency(performance.now() - askedAt);
        this.#ledger.answeredTo(this.#name, id, expected === undefined || answer === expected ? id : answer);
        onAnswer();
        resolve(true);
      });
    });
    this.#pending.add(answered);
    void answered.then(() => this.#pending.delete(answered));
    return answered;
  }

  /** Resolves when all acknowledgements have arrived, or their time is over. */
  async #answers() {
    await Promise.all(this.#pending);
  }
}

/** Thrown to end a session whose connection the server has ended; that is a finding already. */
const DROPPED = new Error('dropped');
