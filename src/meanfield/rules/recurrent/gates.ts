import { gaussianRule } from '../../../numeric/index.ts';
import type { Pairs } from '../pairs.ts';
import type { CellFunction, GateLaw, RecurrentCell } from './cell.ts';
import type { Kernel, Kind } from './kernel.ts';
import { seriesOf, type Series } from './series.ts';

/** Covariance of an input between the steps t and s. */
export function inputAt({ q, k, p, r }: Pairs, kind: Kind, t: number, s: number): number {
  if (kind === 'same') return t === s ? q : p;
  return t === s ? k : r;
}

/** Covariance of the pre-activations of a gate about their mean. */
export function preactivation(gate: GateLaw, x: number, h: number): number {
  const bias = gate.inputBias.variance + gate.hiddenBias.variance;
  return gate.input * x + gate.hidden * h + bias;
}

/** Mean of the pre-activations of a gate. */
export function biasOf({ inputBias, hiddenBias }: GateLaw): number {
  return inputBias.mean + hiddenBias.mean;
}

/** A gate at one step: the series of its values. */
export function gateAt(f: CellFunction, gate: GateLaw, x: number, h: number): Series {
  return seriesOf(f, biasOf(gate), preactivation(gate, x, h));
}

/** `E f'(u)²` over `u ~ N(mean, variance)`. */
export function slopeAt({ df, breakpoints }: CellFunction, mean: number, variance: number): number {
  const std = Math.sqrt(Math.max(0, variance));
  if (std === 0) return df(mean) ** 2;
  const kinks = breakpoints.map((x) => (x - mean) / std);
  const { nodes, weights } = gaussianRule(kinks, 3);
  let sum = 0;
  for (let i = 0; i < nodes.length; i++) sum += weights[i] * df(mean + std * nodes[i]) ** 2;
  return sum;
}

/** `E h²` after each step. */
export function secondsOf({ same }: Kernel, size: number): number[] {
  return Array.from({ length: size - 1 }, (_, t) => same[(t + 1) * (size + 1)]);
}

/** Gradients of the state and the cell after a step. */
export interface Gradients {
  readonly h: number;
  readonly c: number;
}

/** The step back in time: gradients of the state and the cell before, and of the input, of the step `t`. */
export type StepBack = (t: number, after: Gradients) => Gradients & { readonly x: number };

/** Gradients of pre-activations, gate by gate, as those of the state before and of the input. */
export function throughWeights(
  { gates, inputs, units }: RecurrentCell,
  gradients: readonly number[],
): { readonly h: number; readonly x: number } {
  let [h, x] = [0, 0];
  for (const [index, gradient] of gradients.entries()) {
    h += gates[index].hidden * gradient;
    x += ((gates[index].input * units) / inputs) * gradient;
  }
  return { h, x };
}

/** Mean over steps of the second moment of the gradient at the input: of unit gradients at every state, at the last. */
export function factorsOver(
  steps: number,
  back: StepBack,
): { readonly factorOfEvery: number; readonly factorOfLast: number } {
  const over = (isEvery: boolean): number => {
    let gradient: Gradients = { h: 0, c: 0 };
    let sum = 0;
    for (let t = steps; t >= 1; t--) {
      const outer = isEvery || t === steps ? 1 : 0;
      const before = back(t, { h: gradient.h + outer, c: gradient.c });
      sum += before.x;
      gradient = before;
    }
    return sum / steps;
  };
  return { factorOfEvery: over(true), factorOfLast: over(false) };
}
