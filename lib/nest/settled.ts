import { isObservable, lastValueFrom } from 'rxjs';

/** A promise's value; an Observable's last one, `undefined` if it has none; anything else as it is. */
export async function settled(result: unknown): Promise<unknown> {
  const value = await result;
  return isObservable(value) ? lastValueFrom(value, { defaultValue: undefined }) : value;
}
