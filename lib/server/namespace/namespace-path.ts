/** Returns the name of a namespace as it is sent: with a leading slash. */
export function namespacePath(name: string): string {
  return name.startsWith('/') ? name : `/${name}`;
}
