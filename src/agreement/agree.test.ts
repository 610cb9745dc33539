import { describe, expect, test } from 'vitest';
import { buildArchitecture, describeNetwork } from '../network/index.ts';
import type { LayersMeasurement, MeasuredLayer, PerDraw } from '../measure/index.ts';
import { fluctuations, predict, type Law, type Laws, type Prediction } from '../meanfield/index.ts';
import { agree, thresholdOf } from './agree.ts';

const graph = buildArchitecture('mlp:64-128-64-10:relu');
const network = describeNetwork(graph);
const law = (variance: number): Law => ({ mean: 0, variance, caveat: null });
const laws: Laws = (name) => {
  const info = network.parameters.find((parameter) => parameter.name === name);
  return info?.fanIn === null || info === undefined ? law(0) : law(2 / info.fanIn);
};
const prediction = predict(graph, network, laws, { model: 'a network', q: 1, c: 0.5 });

/** A copy with other fields. */
const changed = <Row extends object>(row: Row, more: Partial<Row>): Row => ({ ...row, ...more });

/** A measurement that finds what is predicted, times a factor for each draw. */
function measured(
  factors: PerDraw,
  of: Prediction = prediction,
  more: Partial<LayersMeasurement> = {},
): LayersMeasurement {
  const times = (x: number | null): PerDraw =>
    factors.map((factor) => (factor === null || x === null ? null : factor * x));
  const mean = (x: PerDraw): number | null =>
    x.some((value) => value === null)
      ? null
      : x.reduce<number>((sum, value) => sum + (value ?? 0), 0) / x.length;
  const layers = of.layers.map(({ name, op, q, c, gradient }): MeasuredLayer => {
    const draws = {
      secondMoment: times(q),
      mean: factors.map(() => 0),
      c: factors.map(() => c),
      gradientSecondMoment: factors.map(() => gradient),
    };
    return {
      name,
      op,
      kind: op === 'Gemm' ? 'linear' : 'activation',
      units: 64,
      size: 64,
      secondMoment: mean(draws.secondMoment),
      mean: 0,
      c,
      dead: 0,
      saturated: null,
      effectiveRank: null,
      gradientSecondMoment: gradient,
      draws,
    };
  });
  const nothing = { parameters: [], problem: null, firstNotFinite: null } as const;
  return {
    ...nothing,
    layers,
    examples: 16,
    input: { q: 1, c: 0.5 },
    of: ['output'],
    ...more,
  } as LayersMeasurement;
}

test('what is exactly predicted agrees, with an error that is not zero', () => {
  const { layers, counts, first, verdict } = agree(
    measured([1, 1, 1]),
    prediction,
    graph,
    network,
    laws,
  );
  expect(counts).toEqual({ agrees: 15, differs: 0, 'not predicted': 0 });
  expect(first).toBeNull();
  expect(verdict).toBe('All 15 lines agree with the theory.');
  for (const { q } of layers) {
    expect(q.errors).toBeLessThan(1);
    expect(q.error).toBeGreaterThan(0);
  }
});

test('a factor that all draws have in common is told in standard errors, of the first layer', () => {
  const far = agree(measured([9, 9, 9, 9]), prediction, graph, network, laws);
  expect(far.counts.differs).toBe(5);
  expect(far.first).toEqual({ name: 'layers.0_output', line: 'q' });
  const { q } = far.layers[0];
  expect(q.errors).toBeGreaterThan(far.threshold);
  expect(far.verdict).toBe(
    '10 lines agree with the theory and 5 lines differ. First `layers.0_output`: its second moment is 18 where 2 is ' +
      `predicted, ${Number(q.errors!.toPrecision(3))} standard errors away.`,
  );
});

test('the error of one draw is that of the analysis, and falls with the root of the draws', () => {
  const known = fluctuations(graph, network, laws, { q: 1, c: 0.5, examples: 16 });
  const errorOf = (draws: number): number => {
    const factors = Array.from({ length: draws }, () => 1);
    return agree(measured(factors), prediction, graph, network, laws).layers[2].q.error!;
  };
  const { variance, bias } = known.get('layers.1_output')!.q!;
  const shift = bias - 0.5 * variance!;
  const q = prediction.layers[2].q!;
  // Widened by Student's law with the 8 degrees of freedom that the analysis counts for, and rounding far below.
  expect(errorOf(1) / q).toBeCloseTo(Math.hypot(1.89876 * Math.sqrt(variance!), shift), 4);
  // Draws that do not scatter are less than the analysis expects; of many the bias is left.
  expect(errorOf(1000)).toBeLessThan(errorOf(100));
  expect(errorOf(100)).toBeLessThan(errorOf(10));
  expect(errorOf(1e5) / q).toBeCloseTo(Math.abs(shift), 4);
});

test('without laws the scatter over draws is all there is, and one draw tells nothing', () => {
  const one = agree(measured([1.5]), prediction, graph, network);
  expect(one.counts).toEqual({ agrees: 0, differs: 0, 'not predicted': 15 });
  expect(one.verdict).toBe('Nothing that was measured is predicted.');
  const many = agree(
    measured(Array.from({ length: 30 }, (_, i) => 1.5 + 0.01 * (i % 3))),
    prediction,
    graph,
    network,
  );
  expect(many.layers[0].q.verdict).toBe('differs');
  expect(many.layers[0].note).toBe('the error is that of the scatter over draws');
});

test('a draw that is not finite differs where a number is predicted', () => {
  const { layers, first, verdict } = agree(measured([1, null]), prediction, graph, network, laws);
  expect(layers[0].q).toMatchObject({ verdict: 'differs', measured: null, error: null });
  expect(first).toEqual({ name: 'layers.0_output', line: 'q' });
  expect(verdict).toContain('its second moment is not finite where 2 is predicted.');
});

test('what is not predicted, and what was not measured, is not compared', () => {
  const unknown = {
    ...prediction,
    layers: prediction.layers.map((row) =>
      changed(row, {
        q: null,
        c: null,
        gradient: null,
        known: false,
        note: 'Foo (foo) has no rule',
      }),
    ),
  };
  const none = agree(measured([1, 1]), unknown, graph, network, laws);
  expect(none.counts).toEqual({ agrees: 0, differs: 0, 'not predicted': 15 });
  expect(none.layers[0].note).toBe('Foo (foo) has no rule');
  const single = measured([1, 1]);
  const alone = {
    ...single,
    layers: single.layers.map((layer) =>
      changed(layer, { c: null, draws: changed(layer.draws, { c: [null, null] }) }),
    ),
  };
  const one = agree(alone, prediction, graph, network, laws);
  expect(one.counts).toEqual({ agrees: 10, differs: 0, 'not predicted': 0 });
});

test('gradients of another value than the prediction starts from are not compared', () => {
  const { counts } = agree(
    measured([1, 1], prediction, { of: ['layers.0_output'] }),
    prediction,
    graph,
    network,
    laws,
  );
  expect(counts).toEqual({ agrees: 10, differs: 0, 'not predicted': 5 });
});

test('zero is predicted exactly: only what float32 cannot tell from it agrees', () => {
  const closed = {
    ...prediction,
    layers: prediction.layers.map((row) => changed(row, { q: 0, c: null })),
  };
  const zero = agree(measured([0, 0], closed), closed, graph, network, laws);
  expect(zero.layers[0].q).toMatchObject({ verdict: 'agrees', errors: 0 });
  const some = measured([1, 1]);
  expect(agree(some, closed, graph, network, laws).layers[0].q.verdict).toBe('differs');
});

test('what is computed in float16 is held to the roundoff of float16', () => {
  const constants = new Map(
    [...graph.constants].map(([name, constant]) => [
      name,
      { ...constant, dtype: 'float16' as const },
    ]),
  );
  const half = { ...graph, constants };
  // At the output the gradient has no scatter but that of rounding.
  const off = 1 + 2 ** -12;
  const all = measured([1]);
  const rounded = {
    ...all,
    layers: all.layers.map((layer) =>
      changed(layer, {
        gradientSecondMoment: off,
        draws: changed(layer.draws, { gradientSecondMoment: [off] }),
      }),
    ),
  };
  const ofOutput = (of: typeof graph): string | undefined =>
    agree(rounded, prediction, of, network, laws).layers.at(-1)?.gradient.verdict;
  expect(ofOutput(half)).toBe('agrees');
  expect(ofOutput(graph)).toBe('differs');
});

describe('correlations', () => {
  /** The same measurement with these correlations of every layer. */
  const withC = (c: number, draws: number): LayersMeasurement => {
    const all = measured(Array.from({ length: draws }, () => 1));
    return {
      ...all,
      layers: all.layers.map((layer) =>
        changed(layer, { c, draws: changed(layer.draws, { c: layer.draws.c.map(() => c) }) }),
      ),
    };
  };
  const predictedC = (c: number): Prediction => ({
    ...prediction,
    layers: prediction.layers.map((row) => changed(row, { c })),
  });

  test('close to 1 the distance from 1 counts', () => {
    // Of 1 - c the same width leaves a fraction: 1e-6 where 1e-4 is predicted is far off.
    const near = agree(withC(1 - 1e-6, 8), predictedC(1 - 1e-4), graph, network);
    expect(near.layers[0].c.verdict).toBe('differs');
  });

  test('identical inputs stay identical to float32', () => {
    const same = agree(withC(1 - 1e-14, 2), predictedC(1), graph, network, laws);
    expect(same.layers[0].c.verdict).toBe('agrees');
    const apart = agree(withC(1 - 1e-6, 2), predictedC(1), graph, network);
    expect(apart.layers[0].c.verdict).toBe('differs');
  });
});

test('of more lines than chance lets pass at 4 standard errors more are asked for', () => {
  expect(thresholdOf(30)).toBe(4);
  // scipy.stats.norm.isf(0.01 / 3000); scipy 1.16.
  expect(thresholdOf(3000)).toBeCloseTo(4.504062, 5);
});
