import type { Agreement } from '../agreement/index.ts';
import { judgeSignal, type SignalState } from '../measure/index.ts';
import { fateOfGradient, gradientCourse, type GradientFate } from './gradient-verdict.ts';
import type { MeasurementReport, ReportedLayer } from './measurement-report.ts';

/** A ratio with its standard error in the logarithm, 0 where nothing is known of it. */
export interface Ratio {
  readonly value: number;
  readonly error: number;
}

/** What a scheme does to a network, in the few numbers by which schemes are compared. */
export interface SchemeSummary {
  readonly scheme: string;
  readonly state: SignalState;
  readonly gradients: GradientFate | null;
  /** Second moment at the last hidden layer over that at the first. */
  readonly signal: Ratio | null;
  /** Squared length of the gradient at the first hidden layer over that at the last. */
  readonly gradient: Ratio | null;
  /** `1 - c` of two examples at the last hidden layer over that at the first: how far they stay apart. */
  readonly distance: Ratio | null;
  /** Correlation at the last hidden layer. */
  readonly c: number | null;
  /** The largest share of dead units in one layer. */
  readonly dead: number | null;
  /** Lines that agree with the theory, of those that were compared. */
  readonly agreeing: { readonly lines: number; readonly of: number } | null;
}

const LINES = ['q', 'c', 'gradient'] as const;

function agreeingOf(layers: readonly ReportedLayer[]): SchemeSummary['agreeing'] {
  const lines = layers.flatMap(({ agreement }) =>
    agreement === null ? [] : LINES.map((line) => agreement[line].verdict),
  );
  const of = lines.filter((verdict) => verdict !== 'not predicted').length;
  return of === 0 ? null : { lines: lines.filter((verdict) => verdict === 'agrees').length, of };
}

/** The relative standard error of a measured number. */
function relative(agreement: Agreement | undefined): number {
  const { error = null, measured = null } = agreement ?? {};
  return error === null || measured === null || measured === 0 ? 0 : error / Math.abs(measured);
}

/** Of a ratio of two numbers whose errors are independent. */
function ratio(value: number, errors: readonly [number, number]): Ratio | null {
  return value > 0 && value < Infinity ? { value, error: Math.hypot(...errors) } : null;
}

/** The numbers of one scheme. */
export function summaryOf(scheme: string, report: MeasurementReport): SchemeSummary {
  const { layers } = report;
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const judged = judgeSignal(layers);
  const [first, last] = [byName.get(judged.first ?? ''), byName.get(judged.last ?? '')];
  const course = gradientCourse(layers);
  const gradientError = (name: string): number => relative(byName.get(name)?.agreement?.gradient);
  const apart = (layer: ReportedLayer | undefined): number | null =>
    layer === undefined || layer.c === null || layer.c >= 1 ? null : 1 - layer.c;
  const [near, far] = [apart(first), apart(last)];
  const apartError = (layer: ReportedLayer | undefined): number =>
    (layer?.agreement?.c.error ?? 0) / (apart(layer) ?? 1);
  return {
    scheme,
    state: judged.state,
    gradients: course === null ? null : fateOfGradient(course.factor),
    signal:
      judged.ratio === null
        ? null
        : ratio(judged.ratio, [relative(first?.agreement?.q), relative(last?.agreement?.q)]),
    gradient:
      course === null
        ? null
        : ratio(course.factor, [gradientError(course.first.name), gradientError(course.last.name)]),
    distance:
      near === null || far === null
        ? null
        : ratio(far / near, [apartError(first), apartError(last)]),
    c: last?.c ?? null,
    dead: layers.reduce(
      (most: number | null, { dead }) => (dead === null ? most : Math.max(most ?? 0, dead)),
      null,
    ),
    agreeing: agreeingOf(layers),
  };
}
