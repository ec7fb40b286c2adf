/**
 * The end of the application's bootstrap: Nest calls the hooks of one module after the other, and that of
 * the root module's class last. It tells nobody when that is over, so what is to happen then is put behind
 * that hook.
 */
import type { ModulesContainer } from '@nestjs/core';
import { standIn } from './application-hooks.js';

/**
 * @param self who asks, from its own bootstrap hook
 * @param last its failure is a failure of `app.init()`
 */
export async function atBootstrapEnd(
  modules: ModulesContainer,
  self: object,
  last: () => Promise<void>,
): Promise<void> {
  const root = [...modules.values()].reduce((a, b) => (b.distance < a.distance ? b : a));
  const wrapper = root.getProviderByKey<object>(root.metatype);
  const { instance } = wrapper;
  if (instance === self || !wrapper.isDependencyTreeStatic()) return last();
  standIn(instance, 'onApplicationBootstrap', async (original) => {
    await original();
    await last();
  });
}
