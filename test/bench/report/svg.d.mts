import type { Plot } from '../../../lib/cli/rehearse/svg.js';

export { linePlot, number, ticksTo } from '../../../lib/cli/rehearse/line-plot.js';

export interface Bar {
  readonly label: string;
  readonly value: number | null;
  readonly text: string;
  readonly isOwn?: boolean;
}

export interface BarPlot extends Plot {
  readonly panels: readonly { readonly title: string; readonly bars: readonly Bar[] }[];
}

export function barPlot(plot: BarPlot): string;
