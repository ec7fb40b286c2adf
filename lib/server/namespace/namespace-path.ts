/** A namespace's name as it stands on the wire. */
export function namespacePath(name: string): string {
  return name.startsWith('/') ? name : `/${name}`;
}
