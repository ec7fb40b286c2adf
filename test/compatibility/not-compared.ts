const TYPE = 'a type, which leaves nothing at run time: test/types compiles the same code against both packages';

/** The rows of `docs/compatibility.md` that say "same" and that no scenario compares, with the reason. */
export const NOT_COMPARED: Readonly<Record<string, string>> = {
  'Exports: BroadcastOperator': TYPE,
  'Exports: RemoteSocket': TYPE,
  'Exports: ServerOptions': TYPE,
  'Exports: DefaultEventsMap': TYPE,
  'Exports: DisconnectReason': TYPE,
  'Exports: ExtendedError': TYPE,
  'Exports: Event': TYPE,
};
