import { activation } from '../../activation/index.ts';
import { numberAttribute, type Node } from '../../graph/index.ts';
import type { LayerPart, LayerParts } from '../../network/index.ts';
import { transferMoments, transferSlope } from './expectation.ts';
import {
  affineMoments,
  constantMoments,
  mixtureMoments,
  productMoments,
  sumMoments,
  withoutPositions,
  type Moments,
} from './moments.ts';
import type { Law } from './prediction.ts';
import { signalOf } from './signal-of.ts';
import { opened, unknown, type Axis, type State } from './state.ts';
import type { Step, Transfer } from './transfer.ts';
import type { Walk } from './walk.ts';

/** The weights of one gate of one direction. */
interface Gate {
  readonly input: Law;
  readonly hidden: Law;
  readonly inputBias: Law;
  readonly hiddenBias: Law;
}

/** One direction of a recurrent layer. */
interface Cell {
  readonly gates: readonly Gate[];
  readonly inputs: number;
  readonly units: number;
  readonly f: Transfer;
  readonly g: Transfer;
  readonly h: Transfer;
  readonly isResetLast: boolean;
}

/** What one step leaves behind, and what its gradient needs. */
interface Stage {
  readonly h: Moments;
  readonly c: Moments;
  /** From the gradients at the state and the cell after the step to those before it and at its input. */
  readonly back: (gradient: Gradients) => Gradients & { readonly x: number };
}

interface Gradients {
  readonly h: number;
  readonly c: number;
}

const COUNTS: Readonly<Record<string, number>> = { LSTM: 4, GRU: 3, RNN: 1 };

/** Steps where the file leaves the length of the sequence open. */
const USUAL_STEPS = 16;

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
  const steps = size ?? USUAL_STEPS;
  const start = {
    h: stateMoments(walk, node.inputs[5]),
    c: stateMoments(walk, node.inputs[6]),
  };
  const runs = cells.map((cell) => stagesOf(node.operator, cell, signal.moments(), start, steps));
  const every = mixtureMoments(runs.flatMap((stages) => stages.map(({ h }) => [h, 1] as const)));
  const last = (of: 'h' | 'c'): Moments =>
    mixtureMoments(
      runs.map((stages) => [withoutPositions(stages[stages.length - 1][of]), 1] as const),
    );
  const [to] = node.inputs;
  const pull = (isEach: boolean): { to: string; factor: number } => ({
    to,
    factor: runs.reduce((sum, stages) => sum + backOver(stages, isEach), 0),
  });
  const batch: Axis = { kind: 'batch', size: null };
  const [way, unit]: [Axis, Axis] = [
    { kind: 'unit', size: directions },
    { kind: 'unit', size: units },
  ];
  const place: Axis = { kind: 'place', size };
  const note =
    size === null
      ? `its gates are taken as independent, its sequence as ${USUAL_STEPS} steps`
      : 'its gates are taken as independent';
  const caveat = cells.flatMap((cell) =>
    cell.gates.map((gate) => gate.input.caveat ?? gate.hidden.caveat),
  );
  const said =
    caveat.find((text) => text !== null) ??
    (node.operator === 'RNN' && size !== null ? null : note);
  const each = pull(true);
  const outputs: State[] = [
    opened(
      node.outputs[0],
      every,
      isBatchFirst ? [batch, place, way, unit] : [place, way, batch, unit],
      {
        pulls: [each],
        chi: each.factor,
        note: said,
      },
    ),
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

/** `W x`, or `R h`, in one gate. */
function weighted({ mean: m, variance }: Law, fanIn: number, x: Moments): Moments {
  const square = m * m;
  const cross = square * (fanIn - 1) * x.mean ** 2;
  const pair = (y: number): number => fanIn * ((variance + square) * y + cross);
  return { mean: fanIn * m * x.mean, q: pair(x.q), k: pair(x.k), p: pair(x.p), r: pair(x.r) };
}

function shifted(moments: Moments, ...biases: readonly Law[]): Moments {
  return biases.reduce((sum, { mean, variance }) => {
    const q = mean * mean + variance;
    return sumMoments(sum, { mean, q, k: q, p: q, r: q });
  }, moments);
}

/** The steps of a sequence; once nothing changes any more the last one stands for the rest. */
function stagesOf(
  operator: string,
  cell: Cell,
  x: Moments,
  start: { readonly h: Moments; readonly c: Moments },
  steps: number,
): readonly Stage[] {
  const stages: Stage[] = [];
  let { h, c } = start;
  for (let t = 0; t < steps; t++) {
    const stage = advance(operator, cell, x, h, c);
    const isSettled =
      Math.abs(stage.h.q - h.q) <= 1e-12 * h.q &&
      Math.abs(stage.h.k - h.k) <= 1e-12 * h.q &&
      Math.abs(stage.c.q - c.q) <= 1e-12 * c.q;
    stages.push(stage);
    if (isSettled) {
      while (stages.length < steps) stages.push(stage);
      break;
    }
    ({ h, c } = stage);
  }
  return stages;
}

function advance(operator: string, cell: Cell, x: Moments, h: Moments, c: Moments): Stage {
  if (operator === 'LSTM') return lstmStep(cell, x, h, c);
  return operator === 'GRU' ? gruStep(cell, x, h) : plainStep(cell, x, h);
}

function preactivation({ inputs, units }: Cell, gate: Gate, x: Moments, h: Moments): Moments {
  const sum = sumMoments(weighted(gate.input, inputs, x), weighted(gate.hidden, units, h));
  return shifted(sum, gate.inputBias, gate.hiddenBias);
}

const squareOf = ({ mean, variance }: Law): number => variance + mean * mean;

/** Gradients of pre-activations, gate by gate, as gradients of the state before and of the input. */
function spreadBack(
  { gates, units }: Cell,
  gradients: readonly number[],
): { h: number; x: number } {
  let [h, x] = [0, 0];
  for (const [index, gate] of gates.entries()) {
    h += units * squareOf(gate.hidden) * gradients[index];
    x += units * squareOf(gate.input) * gradients[index];
  }
  return { h, x };
}

function plainStep(cell: Cell, x: Moments, before: Moments): Stage {
  const pre = preactivation(cell, cell.gates[0], x, before);
  const slope = transferSlope(cell.f, pre);
  return {
    h: transferMoments(cell.f, pre),
    c: constantMoments(0),
    back: ({ h }) => ({ ...spreadBack(cell, [h * slope]), c: 0 }),
  };
}

/** Gates in the order of ONNX: input, output, forget, cell. */
function lstmStep(cell: Cell, x: Moments, before: Moments, cellBefore: Moments): Stage {
  const pre = cell.gates.map((gate) => preactivation(cell, gate, x, before));
  const [i, o, f] = pre.slice(0, 3).map((moments) => transferMoments(cell.f, moments));
  const g = transferMoments(cell.g, pre[3]);
  const c = sumMoments(productMoments(f, cellBefore), productMoments(i, g));
  const out = transferMoments(cell.h, c);
  const slopes = pre.map((moments, index) => transferSlope(index === 3 ? cell.g : cell.f, moments));
  const outSlope = transferSlope(cell.h, c);
  return {
    h: productMoments(o, out),
    c,
    back: (after) => {
      const atCell = after.c + after.h * o.q * outSlope;
      const gates = [
        atCell * slopes[0] * g.q,
        after.h * slopes[1] * out.q,
        atCell * slopes[2] * cellBefore.q,
        atCell * slopes[3] * i.q,
      ];
      return { ...spreadBack(cell, gates), c: atCell * f.q };
    },
  };
}

/** Gates in the order of ONNX: update, reset, hidden. */
function gruStep(cell: Cell, x: Moments, before: Moments): Stage {
  const [update, reset, candidate] = cell.gates;
  const preUpdate = preactivation(cell, update, x, before);
  const preReset = preactivation(cell, reset, x, before);
  const z = transferMoments(cell.f, preUpdate);
  const r = transferMoments(cell.f, preReset);
  const inner = cell.isResetLast
    ? productMoments(
        r,
        shifted(weighted(candidate.hidden, cell.units, before), candidate.hiddenBias),
      )
    : shifted(
        weighted(candidate.hidden, cell.units, productMoments(r, before)),
        candidate.hiddenBias,
      );
  const own = shifted(weighted(candidate.input, cell.inputs, x), candidate.inputBias);
  const pre = sumMoments(own, inner);
  const n = transferMoments(cell.g, pre);
  const rest = affineMoments(z, -1, 1);
  const h = sumMoments(productMoments(rest, n), productMoments(z, before));
  const [slopeZ, slopeR, slopeN] = [
    transferSlope(cell.f, preUpdate),
    transferSlope(cell.f, preReset),
    transferSlope(cell.g, pre),
  ];
  const hiddenSquare = squareOf(candidate.hidden);
  const recurrentQ = cell.units * hiddenSquare * before.q;
  return {
    h,
    c: constantMoments(0),
    back: (after) => {
      const atUpdate = after.h * slopeZ * (n.q + before.q - 2 * n.mean * before.mean);
      const atCandidate = after.h * rest.q * slopeN;
      const atReset = atCandidate * slopeR * recurrentQ;
      const gates = spreadBack({ ...cell, gates: [update, reset] }, [atUpdate, atReset]);
      return {
        h: after.h * z.q + gates.h + cell.units * hiddenSquare * r.q * atCandidate,
        x: gates.x + cell.units * squareOf(candidate.input) * atCandidate,
        c: 0,
      };
    },
  };
}

/** Mean over steps of the gradient at the input, for unit gradients at every state or at the last alone. */
function backOver(stages: readonly Stage[], isEach: boolean): number {
  let gradient: Gradients = { h: 0, c: 0 };
  let sum = 0;
  for (let t = stages.length - 1; t >= 0; t--) {
    const outer = isEach || t === stages.length - 1 ? 1 : 0;
    const { h, c, x } = stages[t].back({ h: gradient.h + outer, c: gradient.c });
    gradient = { h, c };
    sum += x;
  }
  return sum / stages.length;
}
