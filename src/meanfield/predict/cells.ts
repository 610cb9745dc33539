import type { Law } from './prediction.ts';
import type { Grid, Series } from './series.ts';
import { first, note, pairAt, table, trace, type Trace } from './traces.ts';
import type { Transfer } from './transfer.ts';

/** The weights of one gate of one direction. */
export interface Gate {
  readonly input: Law;
  readonly hidden: Law;
  readonly inputBias: Law;
  readonly hiddenBias: Law;
}

/** One direction of a recurrent layer. */
export interface Cell {
  readonly gates: readonly Gate[];
  readonly inputs: number;
  readonly units: number;
  /** Of the gates, of the candidate, of the cell on its way out. */
  readonly f: Transfer;
  readonly g: Transfer;
  readonly h: Transfer;
  /** Whether the reset gate of a GRU acts after the product. */
  readonly isResetLast: boolean;
}

/** First and second moment of what stands before the first step. */
export interface Start {
  readonly mean: number;
  readonly q: number;
}

/** Second moments of the gradient at the state and at the cell. */
export interface Gradients {
  readonly h: number;
  readonly c: number;
}

/** From the gradients after a step to those before it and at its input. */
export type Back = (after: Gradients) => Gradients & { readonly x: number };

/** What a cell makes of a sequence: its states, and the way back over every step. */
export interface Run {
  readonly mean: number;
  readonly series: Series;
  /** First moment of the last state, and of the last cell with its second moments. */
  readonly lastMean: number;
  readonly cell: { readonly q: number; readonly k: number };
  readonly back: readonly Back[];
}

/** A sequence that flows in. */
export interface Sequence {
  readonly mean: number;
  readonly series: Series;
}

const square = ({ mean, variance }: Law): number => variance + mean * mean;

/** `E (W x)(W x')` in one gate, for `E x x'` and the means of both. */
function weighted({ mean: m, variance }: Law, fanIn: number, pair: number, means: number): number {
  const own = m * m;
  return fanIn * ((variance + own) * pair + own * (fanIn - 1) * means);
}

/** Second moment and mean of sums of independent terms, from theirs. */
function summed(terms: readonly (readonly [mean: number, pair: number])[]): number {
  let [mean, pair] = [0, 0];
  for (const [m, q] of terms) {
    pair += q + 2 * mean * m;
    mean += m;
  }
  return pair;
}

type Term = readonly [mean: number, pair: number];

const biasTerm = (law: Law): Term => [law.mean, square(law)];

/** The terms of a pre-activation at two steps; `h` is the state before. */
function terms(
  cell: Cell,
  gate: Gate,
  x: number,
  xMeans: number,
  h: number,
  hMeans: number,
): Term[] {
  const root = (value: number): number => Math.sign(value) * Math.sqrt(Math.abs(value));
  return [
    [cell.inputs * gate.input.mean * root(xMeans), weighted(gate.input, cell.inputs, x, xMeans)],
    [cell.units * gate.hidden.mean * root(hMeans), weighted(gate.hidden, cell.units, h, hMeans)],
    biasTerm(gate.inputBias),
    biasTerm(gate.hiddenBias),
  ];
}

function spreadBack(
  { units }: Cell,
  gates: readonly Gate[],
  gradients: readonly number[],
): { h: number; x: number } {
  let [h, x] = [0, 0];
  for (const [index, gate] of gates.entries()) {
    h += units * square(gate.hidden) * gradients[index];
    x += units * square(gate.input) * gradients[index];
  }
  return { h, x };
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** `h_t = f(W x_t + R h_{t-1} + b)`. */
export function runPlain(cell: Cell, { mean, series }: Sequence, start: Start, steps: number): Run {
  const [gate] = cell.gates;
  const f = trace();
  const own = table(steps, start.q);
  const other = table(steps, start.q);
  const means = (t: number): number => (t < 0 ? start.mean : first(f, t));
  const preMean = (t: number): number =>
    cell.inputs * gate.input.mean * mean +
    cell.units * gate.hidden.mean * means(t - 1) +
    gate.inputBias.mean +
    gate.hiddenBias.mean;
  const pre = (grid: Grid, h: typeof own, t: number, s: number): number =>
    summed(
      terms(cell, gate, grid[t][s], mean * mean, h.at(t - 1, s - 1), means(t - 1) * means(s - 1)),
    );
  for (let t = 0; t < steps; t++) {
    note(f, cell.f, preMean(t), pre(series.own, own, t, t));
    own.put(t, t, f.q[t]);
    for (let s = 0; s < t; s++) own.put(t, s, pairAt(f, t, s, pre(series.own, own, t, s)));
    for (let s = 0; s <= t; s++) other.put(t, s, pairAt(f, t, s, pre(series.other, other, t, s)));
  }
  return {
    mean: meanOf(f.coefficients.map(([a]) => a)),
    series: { own: own.grid(), other: other.grid() },
    lastMean: means(steps - 1),
    cell: { q: 0, k: 0 },
    back: f.slopes.map((slope) => ({ h }) => ({ ...spreadBack(cell, [gate], [h * slope]), c: 0 })),
  };
}

/**
 * `c_t = f_t c_{t-1} + i_t g_t`, `h_t = o_t h(c_t)`, gates in the order of ONNX: input, output, forget, cell. A gate
 * is independent of what it multiplies, but all are correlated in time, and so is the cell with what it gets.
 */
export function runLstm(
  cell: Cell,
  { mean, series }: Sequence,
  start: { readonly h: Start; readonly c: Start },
  steps: number,
): Run {
  const gates = cell.gates.map(() => trace());
  const out = trace();
  const [i, o, f, g] = gates;
  const hMean = (t: number): number => (t < 0 ? start.h.mean : first(o, t) * first(out, t));
  const preMean = (gate: Gate, t: number): number =>
    cell.inputs * gate.input.mean * mean +
    cell.units * gate.hidden.mean * hMean(t - 1) +
    gate.inputBias.mean +
    gate.hiddenBias.mean;
  const cMeans: number[] = [];
  const side = (grid: Grid, isOwn: boolean) => {
    const h = table(steps, start.h.q);
    const c = table(steps, start.c.q);
    const fresh = table(steps, 0);
    // E c_t (i g)_s, which is not symmetric.
    const mixed = Array.from({ length: steps }, () => new Float64Array(steps));
    const mixedAt = (t: number, s: number): number =>
      t < 0 ? start.c.mean * first(i, s) * first(g, s) : mixed[t][s];
    const pre = (gate: Gate, t: number, s: number): number =>
      summed(
        terms(cell, gate, grid[t][s], mean * mean, h.at(t - 1, s - 1), hMean(t - 1) * hMean(s - 1)),
      );
    const pair = (index: number, t: number, s: number): number =>
      isOwn && t === s
        ? gates[index].q[t]
        : pairAt(gates[index], t, s, pre(cell.gates[index], t, s));
    const step = (t: number): void => {
      for (let s = 0; s <= t; s++) fresh.put(t, s, pair(0, t, s) * pair(3, t, s));
      for (let s = 0; s <= t; s++) mixed[s][t] = first(f, s) * mixedAt(s - 1, t) + fresh.at(s, t);
      for (let s = 0; s < t; s++) mixed[t][s] = first(f, t) * mixedAt(t - 1, s) + fresh.at(t, s);
      for (let s = 0; s <= t; s++) {
        const kept =
          pair(2, t, s) * (s === 0 && t > 0 ? cMeans[t - 1] * start.c.mean : c.at(t - 1, s - 1));
        c.put(
          t,
          s,
          kept + first(f, t) * mixedAt(t - 1, s) + first(f, s) * mixedAt(s - 1, t) + fresh.at(t, s),
        );
      }
    };
    const finish = (t: number): void => {
      for (let s = 0; s <= t; s++) {
        const shown = isOwn && t === s ? out.q[t] : pairAt(out, t, s, c.at(t, s));
        h.put(t, s, pair(1, t, s) * shown);
      }
    };
    return { h, c, pre, step, finish };
  };
  const own = side(series.own, true);
  const other = side(series.other, false);
  const back: Back[] = [];
  for (let t = 0; t < steps; t++) {
    for (const [index, gate] of cell.gates.entries()) {
      note(gates[index], index === 3 ? cell.g : cell.f, preMean(gate, t), own.pre(gate, t, t));
    }
    const cBefore = t === 0 ? start.c.mean : cMeans[t - 1];
    cMeans.push(first(f, t) * cBefore + first(i, t) * first(g, t));
    own.step(t);
    other.step(t);
    note(out, cell.h, cMeans[t], own.c.at(t, t));
    own.finish(t);
    other.finish(t);
    const cellBefore = own.c.at(t - 1, t - 1);
    back.push((after) => {
      const atCell = after.c + after.h * o.q[t] * out.slopes[t];
      const { h, x } = spreadBack(cell, cell.gates, [
        atCell * i.slopes[t] * g.q[t],
        after.h * o.slopes[t] * out.q[t],
        atCell * f.slopes[t] * cellBefore,
        atCell * g.slopes[t] * i.q[t],
      ]);
      return { h, x, c: atCell * f.q[t] };
    });
  }
  const last = steps - 1;
  return {
    mean: meanOf(Array.from({ length: steps }, (_, t) => hMean(t))),
    series: { own: own.h.grid(), other: other.h.grid() },
    lastMean: hMean(last),
    cell: { q: own.c.at(last, last), k: other.c.at(last, last) },
    back,
  };
}

/** `h_t = (1 - z_t) n_t + z_t h_{t-1}`, gates in the order of ONNX: update, reset, hidden. */
export function runGru(cell: Cell, { mean, series }: Sequence, start: Start, steps: number): Run {
  const [update, reset, candidate] = cell.gates;
  const [z, r, n] = [trace(), trace(), trace()];
  const hMeans: number[] = [];
  const hMean = (t: number): number => (t < 0 ? start.mean : hMeans[t]);
  const preMean = (gate: Gate, t: number): number =>
    cell.inputs * gate.input.mean * mean +
    cell.units * gate.hidden.mean * hMean(t - 1) +
    gate.inputBias.mean +
    gate.hiddenBias.mean;
  const innerMean = (t: number): number =>
    first(r, t) * cell.units * candidate.hidden.mean * hMean(t - 1);
  const candidateMean = (t: number): number =>
    cell.inputs * candidate.input.mean * mean +
    candidate.inputBias.mean +
    innerMean(t) +
    (cell.isResetLast ? first(r, t) : 1) * candidate.hiddenBias.mean;
  const side = (grid: Grid, isOwn: boolean) => {
    const h = table(steps, start.q);
    // E h_t n_s, which is not symmetric.
    const mixed = Array.from({ length: steps }, () => new Float64Array(steps));
    const mixedAt = (t: number, s: number): number =>
      t < 0 ? start.mean * first(n, s) : mixed[t][s];
    const pre = (gate: Gate, t: number, s: number): number =>
      summed(
        terms(cell, gate, grid[t][s], mean * mean, h.at(t - 1, s - 1), hMean(t - 1) * hMean(s - 1)),
      );
    const pair = (of: Trace, gate: Gate, t: number, s: number): number =>
      isOwn && t === s ? of.q[t] : pairAt(of, t, s, pre(gate, t, s));
    const preCandidate = (t: number, s: number): number => {
      const resets = pair(r, reset, t, s);
      const before = weighted(
        candidate.hidden,
        cell.units,
        h.at(t - 1, s - 1),
        hMean(t - 1) * hMean(s - 1),
      );
      const bias = square(candidate.hiddenBias);
      return (
        weighted(candidate.input, cell.inputs, grid[t][s], mean * mean) +
        square(candidate.inputBias) +
        resets * before +
        (cell.isResetLast ? resets : 1) * bias
      );
    };
    const step = (t: number): void => {
      const candidates = Array.from({ length: t + 1 }, (_, s) =>
        isOwn && t === s ? n.q[t] : pairAt(n, t, s, preCandidate(t, s)),
      );
      for (let s = 0; s <= t; s++) {
        mixed[s][t] = first(z, s) * mixedAt(s - 1, t) + (1 - first(z, s)) * candidates[s];
      }
      for (let s = 0; s < t; s++) {
        mixed[t][s] = first(z, t) * mixedAt(t - 1, s) + (1 - first(z, t)) * candidates[s];
      }
      for (let s = 0; s <= t; s++) {
        const both = pair(z, update, t, s);
        const [zt, zs] = [first(z, t), first(z, s)];
        h.put(
          t,
          s,
          (1 - zt - zs + both) * candidates[s] +
            both * h.at(t - 1, s - 1) +
            (zt - both) * mixedAt(t - 1, s) +
            (zs - both) * mixedAt(s - 1, t),
        );
      }
    };
    return { h, pre, preCandidate, step };
  };
  const own = side(series.own, true);
  const other = side(series.other, false);
  const back: Back[] = [];
  for (let t = 0; t < steps; t++) {
    note(z, cell.f, preMean(update, t), own.pre(update, t, t));
    note(r, cell.f, preMean(reset, t), own.pre(reset, t, t));
    note(n, cell.g, candidateMean(t), own.preCandidate(t, t));
    own.step(t);
    other.step(t);
    const before = own.h.at(t - 1, t - 1);
    const cross = hMean(t - 1) * first(n, t);
    hMeans.push((1 - first(z, t)) * first(n, t) + first(z, t) * hMean(t - 1));
    const rest = 1 - 2 * first(z, t) + z.q[t];
    const recurrent = cell.units * square(candidate.hidden);
    back.push((after) => {
      const atUpdate = after.h * z.slopes[t] * (n.q[t] + before - 2 * cross);
      const atCandidate = after.h * rest * n.slopes[t];
      const atReset = atCandidate * r.slopes[t] * recurrent * before;
      const gates = spreadBack(cell, [update, reset], [atUpdate, atReset]);
      return {
        h: after.h * z.q[t] + gates.h + recurrent * r.q[t] * atCandidate,
        x: gates.x + cell.units * square(candidate.input) * atCandidate,
        c: 0,
      };
    });
  }
  return {
    mean: meanOf(hMeans),
    series: { own: own.h.grid(), other: other.h.grid() },
    lastMean: hMeans[steps - 1],
    cell: { q: 0, k: 0 },
    back,
  };
}
