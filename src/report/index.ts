export { certificateLines } from './certificates.ts';
export { signalChart } from './chart.ts';
export type { ChartOptions } from './chart.ts';
export { comparisonHtml } from './comparison-html.ts';
export {
  buildComparisonReport,
  type ComparedScheme,
  type ComparisonReport,
} from './comparison-report.ts';
export { comparisonText } from './comparison.ts';
export { htmlReport } from './html.ts';
export { architecturesTable, schemesTable, titled } from './listing.ts';
export { measurementHtml } from './measurement-html.ts';
export { measurementText } from './measurement.ts';
export {
  buildMeasurementReport,
  type MeasuredInputs,
  type MeasurementParts,
  type MeasurementReport,
  type ReportedJacobian,
  type ReportedLayer,
} from './measurement-report.ts';
export { formatCount, formatNumber, formatShape, formatShare } from './number.ts';
export { inspectTable, planTable, reasonList } from './parameters.ts';
export { predictionReport, predictionTable } from './prediction.ts';
export { signalTable } from './signal-table.ts';
export { terminalReport } from './terminal.ts';
export { cmapChart, cmapLines, type CmapTitle } from './theory/cmap.ts';
export { criticalChart, criticalLines } from './theory/critical.ts';
export { diagramChart, diagramLines } from './theory/diagram.ts';
export { gainLines } from './theory/gain.ts';
export { phaseSentence, pointChart, pointLines, type PointTitle } from './theory/point.ts';
export { saxeChart, saxeLines, type SaxeCurves, type SaxeTitle } from './theory/saxe.ts';
export { shapeChart, shapeLines, type ShapeCurves, type ShapeTitle } from './theory/shape.ts';
export { spectrumChart, spectrumLines, type SpectrumTitle } from './theory/spectrum.ts';
export { printable } from './text.ts';
export { formatSeconds, trainingSentence, trainingText, type TrainingReport } from './training.ts';
export { trainingChart, type TrainingTitle } from './training-chart.ts';
export {
  courseRecorder,
  type CoursePoint,
  type CourseRecorder,
  type TrainingCourse,
} from './training-course.ts';
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
