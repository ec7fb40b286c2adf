export class Program {
  static start(
    file: string,
    options?: { readonly env?: Readonly<Record<string, string>>; readonly execArgv?: readonly string[] },
  ): Promise<Program>;
  readonly pid: number;
  /** @throws if the command fails, or the program ends or does not answer in time */
  ask<Answer>(command: string, args?: object): Promise<Answer>;
  stop(): Promise<void>;
}
