import type { Graph, Node } from '../graph/index.ts';
import type { LayersMeasurement, MeasuredLayer } from '../measure/index.ts';
import {
  fluctuations,
  type LayerFluctuation,
  type Laws,
  type PredictedLayer,
  type Prediction,
} from '../meanfield/index.ts';
import type { Network } from '../network/index.ts';
import { normalCdf, brent } from '../numeric/index.ts';
import { isFloat } from '../tensor/index.ts';
import type { Agreement, Comparison, LayerAgreement, Line, NetworkAgreement } from './agreement.ts';
import { compareCorrelation, compareMoment } from './compare.ts';
import { verdictSentence } from './sentence.ts';

/** Standard errors that count as a difference where lines are few. */
const DIFFERENT = 4;

/** Chance that some line of a network differs though the theory holds. */
const CHANCE = 0.02;

/** From here on the largest elements of a value of this second moment are more than float32 holds. */
const OVERFLOW = 1e74;

/** Roundoff of what networks compute in. */
const EPSILON = {
  float64: 2 ** -53,
  float32: 2 ** -24,
  float16: 2 ** -11,
  bfloat16: 2 ** -8,
} as const;

/**
 * Holds a measurement against the prediction, line by line: a line differs where its mean over draws is more standard
 * errors off than `threshold`, which is 4, or what all lines together pass by chance once in 50 networks. The
 * error is that of the mean over draws: their scatter, as seen and, where the laws of the weights are given, as the
 * widths and the number of examples make it by analysis; the bias of the wide limit at this width, which no number of draws
 * removes; and rounding. A single draw without laws can not be judged. The prediction has to start from the
 * `input` that was measured.
 */
export function agree(
  measured: LayersMeasurement,
  prediction: Prediction,
  graph: Graph,
  network: Network,
  laws?: Laws,
): NetworkAgreement {
  const { examples, input } = measured;
  const known =
    laws === undefined
      ? new Map<string, LayerFluctuation>()
      : fluctuations(graph, network, laws, {
          examples,
          ...(input === null ? {} : { q: input.q, c: input.c ?? 0 }),
        });
  const rows = new Map(prediction.layers.map((row) => [row.name, row]));
  const threshold = thresholdOf(3 * measured.layers.length);
  const before = approximations(graph, rows);
  const overflows = prediction.layers.some(({ q }) => q !== null && q > OVERFLOW);
  const isFromOutput = startsAtPrediction(graph, measured.of, rows);
  const epsilon = roundoffOf(graph);
  let units = 0;
  const layers = measured.layers.map((layer) => {
    units += layer.units;
    const rounding = epsilon * Math.sqrt(units);
    return layerAgreement(layer, rows.get(layer.name), known.get(layer.name), {
      threshold,
      rounding,
      isFromOutput,
      overflows,
      before: before.get(layer.name) ?? null,
    });
  });
  const counts = countsOf(layers);
  const first = firstOf(layers);
  return { layers, counts, threshold, first, verdict: verdictSentence(layers, counts, first) };
}

/** Roundoff of the coarsest floats that a network has, float32 at least: what it computes is measured in that. */
function roundoffOf({ inputs, constants }: Graph): number {
  let most: number = EPSILON.float32;
  for (const { dtype } of [...inputs, ...constants.values()]) {
    if (dtype !== null && isFloat(dtype)) most = Math.max(most, EPSILON[dtype]);
  }
  return most;
}

/** Standard errors beyond which, of so many lines, one lies by chance in 1 of 50 networks; at least 4. */
export function thresholdOf(lines: number): number {
  const tail = CHANCE / 2 / Math.max(1, lines);
  if (normalCdf(-DIFFERENT) <= tail) return DIFFERENT;
  return brent((z) => Math.log(normalCdf(-z) / tail), DIFFERENT, 30);
}

interface Terms {
  readonly threshold: number;
  readonly rounding: number;
  readonly isFromOutput: boolean;
  /** Whether numbers are predicted somewhere that float32 does not hold. */
  readonly overflows: boolean;
  /** The approximation before the layer, `null` where there is none. */
  readonly before: string | null;
}

function layerAgreement(
  layer: MeasuredLayer,
  row: PredictedLayer | undefined,
  known: LayerFluctuation | undefined,
  { threshold, rounding, isFromOutput, overflows, before }: Terms,
): LayerAgreement {
  const { name, draws } = layer;
  const rms = Math.sqrt(row?.q ?? 0);
  // Below the smallest float32 there is no relative accuracy.
  const coarse = rms > 0 ? 2 ** -149 / rms : 0;
  const small = rounding + coarse;
  // The theory knows no largest number: what it lets overflow is not compared with what came of that.
  const isLost = overflows && (layer.secondMoment === null || (row?.q ?? 0) > OVERFLOW);
  // Nor has a correlation a meaning of numbers that are all but zero.
  const isNothing = coarse > 2 ** -10;
  const q = compareMoment(
    {
      draws: draws.secondMoment,
      measured: layer.secondMoment,
      predicted: isLost ? null : (row?.q ?? null),
      scatter: known?.q ?? null,
      rounding: small,
    },
    threshold,
  );
  const c = compareCorrelation(
    {
      draws: draws.c,
      measured: layer.c,
      predicted: layer.c === null || isLost || isNothing ? null : (row?.c ?? null),
      scatter: known?.c ?? null,
      // What two inputs do not share is rounded apart, and so is the little that rounding itself leaves of what they do.
      rounding:
        small * Math.sqrt(Math.max(0, 1 - (row?.c ?? 0) ** 2)) + small ** 2 + Number.EPSILON,
    },
    threshold,
  );
  const gradient = compareMoment(
    {
      draws: draws.gradientSecondMoment,
      measured: layer.gradientSecondMoment,
      predicted:
        layer.gradientSecondMoment === null || !isFromOutput || overflows
          ? null
          : (row?.gradient ?? null),
      scatter: known?.gradient ?? null,
      rounding,
    },
    threshold,
  );
  return { name, q, c, gradient, note: noteOf(row, known, [q, c, gradient], before) };
}

function noteOf(
  row: PredictedLayer | undefined,
  known: LayerFluctuation | undefined,
  lines: readonly Agreement[],
  before: string | null,
): string | null {
  if (row === undefined) return 'nothing is predicted of it';
  if (row.note !== null) return row.note;
  if (before !== null && lines.some(({ verdict }) => verdict === 'differs')) return before;
  const isCompared = lines.some(({ error }) => error !== null);
  const isAnalysed = known !== undefined && known.q !== null && known.q.variance !== null;
  return isCompared && !isAnalysed ? 'the error is that of the scatter over draws' : null;
}

/** The nearest approximation that the prediction made before each value, as a clause. */
function approximations(
  graph: Graph,
  rows: ReadonlyMap<string, PredictedLayer>,
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { inputs, outputs } of graph.nodes) {
    const inherited = inputs
      .map((input) => found.get(input))
      .findLast((note) => note !== undefined);
    for (const output of outputs) {
      const row = rows.get(output);
      const own =
        row?.known === true && row.note !== null ? `behind \`${output}\`: ${row.note}` : null;
      const note = own ?? inherited;
      if (note !== undefined) found.set(output, note);
    }
  }
  return found;
}

const LINES = ['q', 'c', 'gradient'] as const;

function countsOf(layers: readonly LayerAgreement[]): { readonly [C in Comparison]: number } {
  const counts = { agrees: 0, differs: 0, 'not predicted': 0 };
  for (const layer of layers) {
    for (const line of LINES) {
      const { verdict, measured } = layer[line];
      // A line that was not measured is none.
      if (verdict !== 'not predicted' || measured !== null) counts[verdict]++;
    }
  }
  return counts;
}

function firstOf(layers: readonly LayerAgreement[]): NetworkAgreement['first'] {
  const differs =
    (line: Line) =>
    (layer: LayerAgreement): boolean =>
      layer[line].verdict === 'differs';
  for (const layer of layers) {
    for (const line of ['q', 'c'] as const) {
      if (differs(line)(layer)) return { name: layer.name, line };
    }
  }
  const last = layers.findLast(differs('gradient'));
  return last === undefined ? null : { name: last.name, line: 'gradient' };
}

/** Operators that hand every element on. */
const MOVES = new Set([
  'Cast',
  'Flatten',
  'Identity',
  'Reshape',
  'Squeeze',
  'Transpose',
  'Unsqueeze',
]);

/** Whether the outputs whose gradients were measured are the layers that the predicted gradients start from. */
function startsAtPrediction(
  graph: Graph,
  of: readonly string[],
  rows: ReadonlyMap<string, PredictedLayer>,
): boolean {
  const producer = new Map<string, Node>();
  for (const node of graph.nodes) for (const output of node.outputs) producer.set(output, node);
  const source = (value: string): string => {
    const node = producer.get(value);
    return node !== undefined && MOVES.has(node.operator) ? source(node.inputs[0]) : value;
  };
  return of.every((value) => {
    const row = rows.get(source(value)) ?? rows.get(value);
    return row === undefined || row.gradient === 1;
  });
}
