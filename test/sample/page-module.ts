/** Imports a module of the page of the sample chat. The modules are plain JavaScript, so the caller knows the types. */
export async function pageModule<Exports>(file: string): Promise<Exports> {
  return (await import(new URL(`../../sample/01-chat/public/${file}`, import.meta.url).href)) as Exports;
}
