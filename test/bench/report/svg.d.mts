export interface Bar {
  readonly label: string;
  readonly value: number | null;
  readonly text: string;
  readonly isOwn?: boolean;
}

export interface Plot {
  readonly title: string;
  readonly subtitle: string;
  readonly notes: readonly string[];
}

export interface BarPlot extends Plot {
  readonly panels: readonly { readonly title: string; readonly bars: readonly Bar[] }[];
}

export interface LinePlot extends Plot {
  readonly xLabel: string;
  readonly yLabel: string;
  readonly xTicks: readonly { readonly at: number; readonly label: string }[];
  readonly series: readonly { readonly label: string; readonly points: readonly (readonly [x: number, y: number])[] }[];
}

export function barPlot(plot: BarPlot): string;
export function linePlot(plot: LinePlot): string;
export function ticksTo(max: number): number[];
export function number(value: number): string;
