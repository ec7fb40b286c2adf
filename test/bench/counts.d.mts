export function heapPerConnection(contender: string, clients: number): Promise<number>;
export function allocatedPerOperation(
  contender: string,
  scenario: string,
  sizes: Readonly<Record<string, number>>,
): Promise<number>;
