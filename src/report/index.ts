export { certificateLines } from './certificates.ts';
export { signalChart } from './chart.ts';
export type { ChartOptions } from './chart.ts';
export { htmlReport } from './html.ts';
export { architecturesTable, schemesTable, titled } from './listing.ts';
export { formatNumber, formatShape } from './number.ts';
export { inspectTable, planTable, reasonList } from './parameters.ts';
export { predictionReport, predictionTable } from './prediction.ts';
export { signalTable } from './signal-table.ts';
export { terminalReport } from './terminal.ts';
export { printable } from './text.ts';
export type {
  ArchitectureRow,
  InitReport,
  NotFinite,
  ParameterRow,
  SchemeRow,
  SignalPair,
  SignalRow,
  TextOptions,
} from './types.ts';
