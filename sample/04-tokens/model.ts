/**
 * A made-up language model. It needs neither a network nor a key, and gives the same answer to the same question. It is
 * as slow as a real one, and stops when its signal aborts.
 */
import { setTimeout } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';

const OPENINGS = [
  'That is a fine question.',
  'People have asked this since there were tides.',
  'The short answer is yes, and the long one is a walk along the harbour.',
  'I thought about this for eleven milliseconds.',
];

const SUBJECTS = [
  'the lighthouse keeper',
  'a patient heron',
  'the last ferry',
  'every tide table',
  'the fog',
  'an old map',
  'the harbour cat',
  'my grandmother',
];

const VERBS = [
  'remembers',
  'forgives',
  'counts',
  'repairs',
  'outlives',
  'quietly follows',
  'politely ignores',
  'sings to',
];

const OBJECTS = [
  'the things that were never lost',
  'a bucket of blue paint',
  'all ships that come home late',
  'the shortest day of the year',
  'two herrings and a letter',
  'the sound between the waves',
  'a door that opens to the sea',
  'everyone who waits long enough',
];

const LINKS = ['Meanwhile,', 'And yet,', 'On Tuesdays,', 'For the same reason,', 'As a rule,', 'Nevertheless,'];

const ENDINGS = ['So: bring a coat.', 'Ask me again at high tide.', 'In short, keep rowing.', 'The rest is weather.'];

const SENTENCES = 18;

@Injectable()
export class Model {
  /** Tokens per second. */
  readonly speed = Number(process.env['TOKENS_PER_SECOND'] ?? 25);

  /**
   * Streams the answer to a question.
   * @throws the reason of the signal
   */
  async *answer(question: string, signal: AbortSignal): AsyncGenerator<string, void, void> {
    for (const token of tokensOf(answerTo(question))) {
      await setTimeout(1_000 / this.speed, undefined, { signal });
      yield token;
    }
  }
}

/** The complete answer. */
export function answerTo(question: string): string {
  const random = randomOf(question);
  const pick = (list: readonly string[]): string => list[Math.floor(random() * list.length)] ?? '';
  const sentences = Array.from({ length: SENTENCES }, (_, index) => {
    const words = `${pick(SUBJECTS)} ${pick(VERBS)} ${pick(OBJECTS)}.`;
    const gap = index % 6 === 0 ? '\n\n' : ' ';
    return gap + (random() < 0.4 ? `${pick(LINKS)} ${words}` : words.charAt(0).toUpperCase() + words.slice(1));
  });
  return `${pick(OPENINGS)}${sentences.join('')}\n\n${pick(ENDINGS)}`;
}

/** The words of a text, each with the space before it. */
export function tokensOf(text: string): string[] {
  return text.match(/\s*\S+/g) ?? [];
}

/** Numbers from 0 to 1 that depend only on a text: the generator mulberry32, seeded with the FNV-1a hash of the text. */
function randomOf(text: string): () => number {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
