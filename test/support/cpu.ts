/** Measures the CPU time of this process, which does not depend on how busy the machine is. */

/** Returns the CPU time, in ms, that passes until `run` settles. */
export async function cpuOf(run: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
