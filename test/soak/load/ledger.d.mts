export class Ledger {
  readonly counts: Readonly<Record<string, number>>;
  readonly findings: readonly string[];
  readonly heard: number;
  readonly said: number;
  readonly answered: number;
  sending(room: string, speaker: string, number: number): void;
  sent(room: string, speaker: string, number: number): void;
  joining(client: string, room: string): void;
  joined(client: string, room: string): void;
  leaving(client: string, room: string): void;
  left(client: string, room: string): void;
  gone(client: string): void;
  heardBy(client: string, room: string, speaker: string, number: number, isMissed?: boolean): void;
  asked(client: string, id: number): void;
  answeredTo(client: string, id: number, answer: unknown): void;
  find(kind: string, what: string): void;
}
