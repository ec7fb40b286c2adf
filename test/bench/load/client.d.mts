export class Client {
  static connect(options: {
    readonly port: number;
    readonly protocol: { readonly path: string; readonly hello: string | null };
  }): Promise<Client>;
  onMessage: (chunk: Buffer, start: number, end: number) => void;
  readonly failure: string | null;
  write(frame: Uint8Array): void;
  close(): void;
}
