/** Closes the servers and clients of a test in `afterEach`. */
type Closer = () => unknown;

const closers: Closer[] = [];

export function onCleanUp(closer: Closer): void {
  closers.push(closer);
}

/** Calls all closers registered since the last time, the latest first. */
export async function cleanUp(): Promise<void> {
  for (let closer = closers.pop(); closer !== undefined; closer = closers.pop()) await closer();
}
