/**
 * Returns the injection token of a provider that belongs to a namespace. Nest prints it in its error about a missing
 * provider.
 * @param what the class of the provider
 */
export function namespaceToken(what: string, path: string): string {
  const provided = `SocketIoModule.forRoot() provides it; in a module that is loaded later, forFeature('${path}')`;
  return `nest-socketio: the ${what} of ${path} (${provided})`;
}
