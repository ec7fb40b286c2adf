/**
 * Broadcasts of a process without a server, through the emitter that its application has made. What the emitter
 * throws at once is thrown to whoever emits; what fails later is logged, once a minute, and disturbs nobody.
 */
import { guarded, isThenable, type Log, Seldom, systemClock } from '../engine/index.js';
import type { EventPacket } from '../protocol/index.js';
import type { Audience, BroadcastTarget } from '../server/index.js';
import type { EmitterChain, PublishedEmitter } from './published-emitter.js';
import { SendOnly, SendOnlyNamespace } from './send-only.js';

/** What broadcasters send through: a server, or a process that only emits. */
export interface Outlet {
  reach(namespace: string): Audience & { serverSideEmit(event: string, ...args: unknown[]): true };
}

export class EmitterOutlet implements Outlet {
  readonly #emitter: PublishedEmitter;
  readonly #failures: Failures;

  constructor(emitter: PublishedEmitter, log: Log) {
    this.#emitter = emitter;
    this.#failures = new Failures(log, () => systemClock.now());
  }

  reach(namespace: string): SendOnlyNamespace {
    return new SendOnlyNamespace(namespace, new EmitterDelivery(this.#emitter.of(namespace), this.#failures));
  }
}

/** What a broker does not take: one line a minute is enough. */
export class Failures {
  readonly #log: Log;
  readonly #seldom: Seldom;

  constructor(log: Log, now: () => number) {
    this.#log = log;
    this.#seldom = new Seldom(now);
  }

  /** Waits for what may fail later. */
  watch(what: string, result: unknown): void {
    if (!isThenable(result)) return;
    void guarded(
      () => result,
      (error) => {
        const line = this.#seldom.pass(what, `${what} failed: the clients were not reached`);
        if (line !== null) this.#log.error(line, error);
      },
    );
  }
}

class EmitterDelivery extends SendOnly {
  readonly #emitter: PublishedEmitter;
  readonly #failures: Failures;

  constructor(emitter: PublishedEmitter, failures: Failures) {
    super();
    this.#emitter = emitter;
    this.#failures = failures;
  }

  protected send({ data: [event, ...args] }: EventPacket, target: BroadcastTarget): void {
    const { volatile, compress } = target.flags;
    let chain = this.#chain(target);
    if (volatile === true) chain = chain.volatile;
    if (compress !== undefined) chain = chain.compress(compress);
    this.#failures.watch('emit', chain.emit(event as string, ...args));
  }

  protected join(target: BroadcastTarget, rooms: readonly string[]): void {
    this.#failures.watch('socketsJoin', this.#chain(target).socketsJoin([...rooms]));
  }

  protected leave(target: BroadcastTarget, rooms: readonly string[]): void {
    this.#failures.watch('socketsLeave', this.#chain(target).socketsLeave([...rooms]));
  }

  protected disconnect(target: BroadcastTarget, close: boolean): void {
    this.#failures.watch('disconnectSockets', this.#chain(target).disconnectSockets(close));
  }

  protected tellServers([event, ...args]: readonly unknown[]): void {
    this.#failures.watch('serverSideEmit', this.#emitter.serverSideEmit(event as string, ...args));
  }

  #chain({ rooms, excepted }: BroadcastTarget): EmitterChain {
    const chain = rooms === null ? this.#emitter : this.#emitter.to([...rooms]);
    return excepted.length === 0 ? chain : chain.except([...excepted]);
  }
}
