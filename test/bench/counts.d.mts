export interface CensusRow {
  readonly kind: string;
  readonly count: number;
  readonly bytes: number;
}

export function censusOfConnections(contender: string, connections: number): Promise<CensusRow[]>;
export function heapPerConnection(contender: string, clients: number): Promise<number>;
export function allocatedPerOperation(
  contender: string,
  scenario: string,
  sizes: Readonly<Record<string, number>>,
): Promise<number>;
