import type {
  Agreement,
  LayerAgreement,
  NetworkAgreement,
  SpectrumAgreement,
} from '../agreement/index.ts';
import type { JacobianSpectrum, PredictedLayer, Prediction } from '../meanfield/index.ts';
import {
  judgeSignal,
  type JacobianMeasurement,
  type KernelMeasurement,
  type LayersMeasurement,
  type MeasuredLayer,
  type MeasuredParameter,
  type ShatteringMeasurement,
} from '../measure/index.ts';
import { gradientSentence } from './gradient-verdict.ts';

/** A measured layer beside its prediction, with a verdict on every line. */
export interface ReportedLayer extends MeasuredLayer {
  /** What the theory gives, `null` where the network was not predicted. */
  readonly predicted: {
    readonly q: number | null;
    readonly c: number | null;
    readonly gradient: number | null;
  } | null;
  /** Measured against predicted: second moment, correlation, gradient; `null` where nothing was predicted. */
  readonly agreement: {
    readonly q: Agreement;
    readonly c: Agreement;
    readonly gradient: Agreement;
  } | null;
}

/** A measured Jacobian beside the law of the wide limit. */
export interface ReportedJacobian extends JacobianMeasurement {
  /** The law of its singular values, `null` where the theory has none for this network. */
  readonly predicted: JacobianSpectrum | null;
  /** Measured against predicted; `null` where nothing is. */
  readonly agreement: SpectrumAgreement | null;
  /** Why nothing is predicted, in a sentence; else `null`. */
  readonly reason: string | null;
}

/** What the network was measured on. */
export interface MeasuredInputs {
  /** Where the inputs come from: `Gaussian`, a file, a data set. */
  readonly from: string;
  readonly examples: number;
  /** Second moment and correlation of the float inputs; `null` where there are none, or but one example. */
  readonly q: number | null;
  readonly c: number | null;
}

/** All that `measure` found out, as data; terminal, `--json` and HTML show the same. */
export interface MeasurementReport {
  readonly version: 1;
  readonly model: string;
  /** What the weights are: `stored`, a scheme, a framework, or `as advised`. */
  readonly weights: string;
  /** A seed for each draw of the weights; none where they are as stored. */
  readonly seeds: readonly number[];
  /** The seed of inputs and cotangents. */
  readonly seed: number;
  readonly inputs: MeasuredInputs;
  readonly layers: readonly ReportedLayer[];
  readonly parameters: readonly MeasuredParameter[];
  /** The outputs that gradients are of; empty where they were not measured. */
  readonly of: readonly string[];
  readonly firstNotFinite: string | null;
  readonly jacobian: ReportedJacobian | null;
  readonly shattering: ShatteringMeasurement | null;
  readonly ntk: KernelMeasurement | null;
  /** The rate that update ratios are at, `null` where none was asked for. */
  readonly learningRate: number | null;
  /** What became of signal and gradient, and whether the theory foresaw it, in a few sentences. */
  readonly verdict: string;
  readonly notes: readonly string[];
  /** What more could be measured, a sentence each. */
  readonly more: readonly string[];
  /** The command line that makes this report again. */
  readonly command?: string;
}

/** What a report is made of. */
export interface MeasurementParts extends Pick<
  MeasurementReport,
  'model' | 'weights' | 'seeds' | 'seed' | 'learningRate' | 'notes' | 'more' | 'command'
> {
  /** Where the inputs come from. */
  readonly from: string;
  readonly measured: LayersMeasurement;
  readonly prediction: Prediction | null;
  readonly agreement: NetworkAgreement | null;
  readonly jacobian: ReportedJacobian | null;
  readonly shattering: ShatteringMeasurement | null;
  readonly ntk: KernelMeasurement | null;
}

/** Items of a list by name; of equal names the first. */
function byName<T extends { readonly name: string }>(items: readonly T[]): ReadonlyMap<string, T> {
  return new Map(items.toReversed().map((item) => [item.name, item]));
}

function comparedWith(
  layer: MeasuredLayer,
  foreseen: PredictedLayer | undefined,
  agreement: LayerAgreement | undefined,
): ReportedLayer {
  return {
    ...layer,
    predicted:
      foreseen === undefined ? null : { q: foreseen.q, c: foreseen.c, gradient: foreseen.gradient },
    agreement:
      agreement === undefined
        ? null
        : { q: agreement.q, c: agreement.c, gradient: agreement.gradient },
  };
}

/** A report of what was measured: every layer beside its prediction, and the verdict of all parts together. */
export function buildMeasurementReport(parts: MeasurementParts): MeasurementReport {
  const { measured, prediction, agreement, from, ...rest } = parts;
  const agreements = byName(agreement?.layers ?? []);
  const foreseen = byName(prediction?.layers ?? []);
  return {
    version: 1,
    ...rest,
    inputs: {
      from,
      examples: measured.examples,
      q: measured.input?.q ?? null,
      c: measured.input?.c ?? null,
    },
    layers: measured.layers.map((layer) =>
      comparedWith(layer, foreseen.get(layer.name), agreements.get(layer.name)),
    ),
    parameters: measured.parameters,
    of: measured.of,
    firstNotFinite: measured.firstNotFinite,
    verdict: [
      judgeSignal(measured.layers).sentence,
      gradientSentence(measured.layers),
      agreement?.verdict,
      parts.jacobian?.agreement?.verdict,
    ]
      .flatMap((sentence) => sentence ?? [])
      .join(' '),
  };
}
