export interface Protocol {
  readonly path: string;
  readonly hello: string | null;
  ask(id: number, text: string): string;
  answer(id: number, text: string): string;
  say(text: string): string;
  heard(text: string): string;
}

export const PROTOCOLS: Readonly<Record<'socket.io' | 'nest-ws', Protocol>>;
