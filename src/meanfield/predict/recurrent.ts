import { activation } from '../../activation/index.ts';
import { numberAttribute, textAttribute, type Node } from '../../graph/index.ts';
import type { LayerPart, LayerParts } from '../../network/index.ts';
import {
  runGru,
  runLstm,
  runPlain,
  type Back,
  type Cell,
  type Gate,
  type Gradients,
  type Run,
  type Sequence,
} from './cells.ts';
import { constantMoments, type Moments } from './moments.ts';
import type { Law } from './prediction.ts';
import { evenSeries, mixedSeries, momentsOfSeries, reversed } from './series.ts';
import { signalOf } from './signal-of.ts';
import { opened, unknown, type Axis, type State } from './state.ts';
import type { Step, Transfer } from './transfer.ts';
import type { Walk } from './walk.ts';

const COUNTS: Readonly<Record<string, number>> = { LSTM: 4, GRU: 3, RNN: 1 };

/** Steps where the file leaves the length of the sequence open. */
const USUAL_STEPS = 16;

/** Steps of a longer sequence that are looked at. */
const MOST_STEPS = 256;

const NONE: Law = { mean: 0, variance: 0, caveat: null };

/**
 * `LSTM`, `GRU` and `RNN` step by step: gates are functions of Gaussian pre-activations, and factors that
 * meet in a product are taken as independent, as is the cell as Gaussian.
 * Reference: Chen et al. 2018, arXiv:1806.05394; Gilboa et al. 2019, arXiv:1901.08987
 */
export function recurrentRule(walk: Walk, node: Node, layer: LayerParts): readonly State[] {
  const signal = signalOf(walk, node.inputs[0]);
  if (signal.kind === 'unknown') return node.outputs.map(() => signal);
  const weight = layer.parts.find(({ slot }) => slot === 1);
  const hidden = layer.parts.find(({ slot }) => slot === 2);
  if (weight === undefined || hidden === undefined) {
    return node.outputs.map(() => unknown(`${node.operator} without stored weights has no rule`));
  }
  const [directions, stacked, inputs] = weight.shape;
  const count = COUNTS[node.operator];
  const units = stacked / count;
  const bias = layer.parts.find(({ slot }) => slot === 3);
  const cells = Array.from({ length: directions }, (_, direction) =>
    cellOf(walk, node, { weight, hidden, bias }, direction, units, inputs),
  );
  const [first] = signal.axes ?? [];
  const isBatchFirst = numberAttribute(node, 'layout', 0) === 1;
  const size = (isBatchFirst ? signal.axes?.[1] : first)?.size ?? null;
  const steps = Math.min(MOST_STEPS, size ?? USUAL_STEPS);
  const start = {
    h: stateMoments(walk, node.inputs[5]),
    c: stateMoments(walk, node.inputs[6]),
  };
  const { mean } = signal.moments();
  const series =
    signal.series?.own.length === steps ? signal.series : evenSeries(signal.moments(), steps);
  const runs = cells.map((cell, direction) => {
    const isBackward = direction === 1 || textAttribute(node, 'direction', 'forward') === 'reverse';
    const run = runOf(
      node.operator,
      cell,
      { mean, series: isBackward ? reversed(series) : series },
      start,
      steps,
    );
    return isBackward
      ? { ...run, series: reversed(run.series), isBackward }
      : { ...run, isBackward };
  });
  const mixed = mixedSeries(runs.map((run) => run.series));
  const every = momentsOfSeries(mixed, meanOver(runs.map((run) => run.mean)));
  const last = (of: 'h' | 'c'): Moments => {
    const at = (run: (typeof runs)[number]): number => (run.isBackward ? 0 : steps - 1);
    const q = meanOver(
      runs.map((run) => (of === 'h' ? run.series.own[at(run)][at(run)] : run.cell.q)),
    );
    const k = meanOver(
      runs.map((run) => (of === 'h' ? run.series.other[at(run)][at(run)] : run.cell.k)),
    );
    return { mean: of === 'h' ? meanOver(runs.map((run) => run.lastMean)) : 0, q, k, p: q, r: k };
  };
  const [to] = node.inputs;
  const pull = (isEach: boolean): { to: string; factor: number } => ({
    to,
    factor: runs.reduce((sum, { back }) => sum + backOver(back, isEach), 0),
  });
  const batch: Axis = { kind: 'batch', size: null };
  const [way, unit]: [Axis, Axis] = [
    { kind: 'unit', size: directions },
    { kind: 'unit', size: units },
  ];
  const place: Axis = { kind: 'place', size };
  const note =
    size === steps
      ? 'its gates are taken as independent of what they multiply'
      : `its gates are taken as independent of what they multiply, its sequence as ${steps} steps`;
  const caveat = cells.flatMap((cell) =>
    cell.gates.map((gate) => gate.input.caveat ?? gate.hidden.caveat),
  );
  const said =
    caveat.find((text) => text !== null) ??
    (node.operator === 'RNN' && size === steps ? null : note);
  const each = pull(true);
  const outputs: State[] = [
    {
      ...opened(
        node.outputs[0],
        every,
        isBatchFirst ? [batch, place, way, unit] : [place, way, batch, unit],
        {
          pulls: [each],
          chi: each.factor,
          note: said,
        },
      ),
      series: mixed,
    },
  ];
  for (const [index, of] of (['h', 'c'] as const).entries()) {
    outputs.push(
      opened(
        node.outputs[index + 1] ?? '',
        last(of),
        isBatchFirst ? [batch, way, unit] : [way, batch, unit],
        {
          pulls: of === 'h' ? [pull(false)] : [],
          note: said,
        },
      ),
    );
  }
  return outputs;
}

const meanOver = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function stateMoments(walk: Walk, value: string | undefined): Moments {
  if (value === undefined || value === '') return constantMoments(0);
  const state = walk.of(value);
  if (state.kind === 'level') return constantMoments(state.value);
  return state.kind === 'signal' ? state.moments() : constantMoments(0);
}

interface Parts {
  readonly weight: LayerPart;
  readonly hidden: LayerPart;
  readonly bias: LayerPart | undefined;
}

function cellOf(
  walk: Walk,
  node: Node,
  { weight, hidden, bias }: Parts,
  direction: number,
  units: number,
  inputs: number,
): Cell {
  const count = COUNTS[node.operator];
  const gates = Array.from({ length: count }, (_, gate): Gate => {
    const box = (width: number) => ({
      start: [direction, gate * units, 0],
      shape: [1, units, width],
    });
    const biasAt = (side: number): Law =>
      bias === undefined
        ? NONE
        : walk.lawOf(bias, {
            start: [direction, (side * count + gate) * units],
            shape: [1, units],
          });
    return {
      input: walk.lawOf(weight, box(inputs)),
      hidden: walk.lawOf(hidden, box(units)),
      inputBias: biasAt(0),
      hiddenBias: biasAt(1),
    };
  });
  const own = activationsOf(node, direction);
  return {
    gates,
    inputs,
    units,
    f: own[0],
    g: own[1] ?? own[0],
    h: own[2] ?? own[1] ?? own[0],
    isResetLast: numberAttribute(node, 'linear_before_reset', 0) === 1,
  };
}

const USUAL: Readonly<Record<string, readonly string[]>> = {
  LSTM: ['sigmoid', 'tanh', 'tanh'],
  GRU: ['sigmoid', 'tanh'],
  RNN: ['tanh'],
};

function activationsOf(node: Node, direction: number): readonly Transfer[] {
  const usual = USUAL[node.operator];
  const given = node.attributes['activations'];
  const names = Array.isArray(given) ? given.filter((name) => typeof name === 'string') : [];
  const own = names.slice(direction * usual.length, (direction + 1) * usual.length);
  return (own.length === usual.length ? own : usual).map((name) => whole(cellFunction(name)));
}

const SPELLED: Readonly<Record<string, string>> = {
  leakyrelu: 'leaky_relu:0.01',
  affine: 'linear',
};

function cellFunction(name: string): Step {
  const text = name.toLowerCase();
  return activation(SPELLED[text] ?? text);
}

const whole = ({ f, df, breakpoints }: Step): Transfer => ({
  f,
  df,
  kinks: breakpoints,
  affine: null,
});

function runOf(
  operator: string,
  cell: Cell,
  x: Sequence,
  start: { readonly h: Moments; readonly c: Moments },
  steps: number,
): Run {
  if (operator === 'LSTM') return runLstm(cell, x, start, steps);
  return operator === 'GRU' ? runGru(cell, x, start.h, steps) : runPlain(cell, x, start.h, steps);
}

/** Mean over steps of the gradient at the input, for unit gradients at every state or at the last alone. */
function backOver(back: readonly Back[], isEach: boolean): number {
  let gradient: Gradients = { h: 0, c: 0 };
  let sum = 0;
  for (let t = back.length - 1; t >= 0; t--) {
    const outer = isEach || t === back.length - 1 ? 1 : 0;
    const { h, c, x } = back[t]({ h: gradient.h + outer, c: gradient.c });
    gradient = { h, c };
    sum += x;
  }
  return sum / back.length;
}
