/**
 * Broadcasts of a process without a server, through the emitter that its application has made. What the emitter
 * throws at once is thrown to whoever emits; what fails later is logged, once a minute, and disturbs nobody.
 */
import { type Log, systemClock } from '../engine/index.js';
import type { EventPacket } from '../protocol/index.js';
import type { Audience, BroadcastTarget } from '../server/index.js';
import { Failures } from './failures.js';
import type { EmitterChain, PublishedEmitter } from './published-emitter.js';
import { SendOnly, SendOnlyNamespace } from './send-only.js';

/** What broadcasters send through: a server, or a process that only emits. */
export interface EmitterTarget {
  reach(namespace: string): Audience & { serverSideEmit(event: string, ...args: unknown[]): true };
}

export class PublishedEmitterTarget implements EmitterTarget {
  readonly #emitter: PublishedEmitter;
  readonly #failures: Failures;

  constructor(emitter: PublishedEmitter, log: Log) {
    this.#emitter = emitter;
    this.#failures = new Failures(
      () => log,
      () => systemClock.now(),
    );
  }

  reach(namespace: string): SendOnlyNamespace {
    return new SendOnlyNamespace(namespace, new EmitterDelivery(this.#emitter.of(namespace), this.#failures));
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
    this.#follow('emit', chain.emit(event as string, ...args));
  }

  protected join(target: BroadcastTarget, rooms: readonly string[]): void {
    this.#follow('socketsJoin', this.#chain(target).socketsJoin([...rooms]));
  }

  protected leave(target: BroadcastTarget, rooms: readonly string[]): void {
    this.#follow('socketsLeave', this.#chain(target).socketsLeave([...rooms]));
  }

  protected disconnect(target: BroadcastTarget, close: boolean): void {
    this.#follow('disconnectSockets', this.#chain(target).disconnectSockets(close));
  }

  protected emitToServers([event, ...args]: readonly unknown[]): void {
    this.#follow('serverSideEmit', this.#emitter.serverSideEmit(event as string, ...args));
  }

  #follow(method: string, result: unknown): void {
    this.#failures.contain(`${method} failed: the clients were not reached`, () => result);
  }

  #chain({ rooms, excepted }: BroadcastTarget): EmitterChain {
    const chain = rooms === null ? this.#emitter : this.#emitter.to([...rooms]);
    return excepted.length === 0 ? chain : chain.except([...excepted]);
  }
}
