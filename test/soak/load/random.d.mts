export class Random {
  constructor(seed: number);
  next(): number;
  int(min: number, max: number): number;
  pick<T>(list: readonly T[]): T;
  chance(probability: number): boolean;
  bytes(length: number): Buffer;
  fork(): Random;
}
