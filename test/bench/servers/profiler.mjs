/** Records a CPU profile of this process between start and stop. */
import { Session } from 'node:inspector/promises';

let session;

/** @param interval µs between samples */
export async function startProfile({ interval }) {
  session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval });
  await session.post('Profiler.start');
}

/** @returns self time by function, in µs */
export async function stopProfile() {
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  const self = new Map(profile.nodes.map(({ id }) => [id, 0]));
  for (const [i, id] of profile.samples.entries()) self.set(id, self.get(id) + profile.timeDeltas[i]);
  return profile.nodes.map(({ id, callFrame: { functionName, url } }) => ({ functionName, url, self: self.get(id) }));
}
