export class Inbox {
  constructor(
    clients: readonly { readonly failure: string | null }[],
    due: number,
    options?: { readonly patience?: number },
  );
  readonly got: number;
  take(expected: Buffer | undefined, chunk: Buffer, start: number, end: number): boolean;
  judge(): Promise<{ readonly count: number; readonly failure: string | null }>;
}
