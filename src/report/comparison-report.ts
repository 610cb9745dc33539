import type { MeasuredInputs, MeasurementReport } from './measurement-report.ts';
import { chooseScheme } from './scheme-choice.ts';
import { summaryOf, type SchemeSummary } from './scheme-summary.ts';

/** One scheme of a comparison: its numbers in short and the whole measurement. */
export interface ComparedScheme
  extends
    SchemeSummary,
    Pick<
      MeasurementReport,
      'seeds' | 'layers' | 'parameters' | 'jacobian' | 'shattering' | 'ntk' | 'verdict' | 'notes'
    > {}

/** All that `compare` found out, as data; terminal, `--json` and HTML show the same. */
export interface ComparisonReport {
  readonly version: 1;
  readonly model: string;
  readonly seed: number;
  /** Draws of the weights of each scheme. */
  readonly draws: number;
  readonly inputs: MeasuredInputs;
  readonly schemes: readonly ComparedScheme[];
  /** The scheme to take, `null` where none keeps the network alive. */
  readonly take: string | null;
  /** Which to take and why, in one sentence. */
  readonly verdict: string;
  readonly notes: readonly string[];
  /** The command line that makes this report again. */
  readonly command?: string;
}

/** A comparison of measurements of the same network on the same inputs, one for each scheme; one at least. */
export function buildComparisonReport(
  measurements: readonly (readonly [scheme: string, report: MeasurementReport])[],
  command?: string,
): ComparisonReport {
  const schemes = measurements.map(([scheme, report]): ComparedScheme => {
    const { seeds, layers, parameters, jacobian, shattering, ntk, verdict, notes } = report;
    const summary = summaryOf(scheme, report);
    return { ...summary, seeds, layers, parameters, jacobian, shattering, ntk, verdict, notes };
  });
  const [[, { model, seed, inputs }]] = measurements;
  const { take, sentence } = chooseScheme(schemes);
  return {
    version: 1,
    model,
    seed,
    draws: Math.max(1, ...schemes.map(({ seeds }) => seeds.length)),
    inputs,
    schemes,
    take,
    verdict: sentence,
    notes: [...new Set(schemes.flatMap(({ notes }) => notes))],
    ...(command === undefined ? {} : { command }),
  };
}
