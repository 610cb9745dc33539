import { expect, test } from 'vitest';
import { judgeSignal } from './judge.ts';
import type { LayerKind } from '../network/index.ts';
import type { SignalRow } from './signal.ts';

const row = (
  name: string,
  kind: LayerKind,
  secondMoment: number | null,
  rest: Partial<SignalRow> = {},
): SignalRow => ({ name, op: kind, kind, secondMoment, mean: 0, dead: 0, ...rest });

const sentence = (...rows: SignalRow[]): string => judgeSignal(rows).sentence;

test('a kept signal is healthy, and the head may have any scale', () => {
  expect(
    judgeSignal([
      row('x', 'linear', 2),
      row('r', 'activation', 1),
      row('y', 'linear', 1.7),
      row('head', 'linear', 1e-20),
    ]),
  ).toMatchInlineSnapshot(`
    {
      "first": "x",
      "firstBad": null,
      "last": "y",
      "ratio": 0.85,
      "sentence": "The signal stays alive: second moment 2 at the first layer \`x\`, 1.7 at the last hidden layer \`y\` (ratio 0.85).",
      "state": "healthy",
    }
  `);
});

test('a signal that shrinks or grows within bounds is alive and said to do so', () => {
  expect([
    sentence(row('x', 'linear', 2), row('y', 'linear', 1e-3), row('head', 'linear', 1)),
    sentence(row('x', 'linear', 2), row('y', 'linear', 12345), row('head', 'linear', 1)),
    sentence(row('x', 'linear', 2)),
    sentence(row('pool', 'pool', 2)),
  ]).toMatchInlineSnapshot(`
    [
      "The signal stays alive but shrinks: second moment 2 at the first layer \`x\`, 1.0e-3 at the last hidden layer \`y\` (ratio 5.0e-4).",
      "The signal stays alive but grows: second moment 2 at the first layer \`x\`, 1.2e+4 at the last hidden layer \`y\` (ratio 6170).",
      "The signal is alive: second moment 2 at the only layer \`x\`.",
      "There is no linear layer with stored weights to judge.",
    ]
  `);
});

test('the first layer out of bounds is named', () => {
  const around = (...middle: SignalRow[]): SignalRow[] => [
    row('x', 'linear', 2),
    ...middle,
    row('head', 'linear', 1),
  ];
  const verdicts = [
    around(row('a', 'linear', 1e-3), row('b', 'linear', 3.14e-12), row('c', 'linear', 0)),
    around(row('a', 'linear', 0)),
    around(row('a', 'linear', 3e6), row('b', 'linear', 1e9)),
    around(
      row('a', 'linear', 3e30),
      row('b', 'linear', null, { notFinite: { secondMoment: 'Infinity', share: 0.5 } }),
    ),
    around(row('a', 'activation', null, { notFinite: { secondMoment: 'NaN', share: 1e-5 } })),
    around(row('a', 'activation', 1, { op: 'Relu', dead: 0.97 })),
    [row('x', 'linear', 0), row('head', 'linear', 0)],
  ].map(judgeSignal);
  expect(verdicts.map(({ state, firstBad }) => [state, firstBad])).toEqual([
    ['vanishes', 'b'],
    ['vanishes', 'a'],
    ['explodes', 'a'],
    ['explodes', 'a'],
    ['not_finite', 'a'],
    ['dead', 'a'],
    ['vanishes', 'x'],
  ]);
  expect(verdicts.map((verdict) => verdict.sentence)).toMatchInlineSnapshot(`
    [
      "The signal vanishes: second moment 2 at the first layer \`x\`, 3.1e-12 at \`b\` (ratio 1.6e-12).",
      "The signal vanishes: second moment 2 at the first layer \`x\`, 0 at the last hidden layer \`a\` (ratio 0).",
      "The signal explodes: second moment 2 at the first layer \`x\`, 3.0e+6 at \`a\` (ratio 1.5e+6).",
      "The signal explodes: second moment 2 at the first layer \`x\`, 3.0e+30 at \`a\` (ratio 1.5e+30); from \`b\` on it is not finite.",
      "The signal is not finite from \`a\` on: less than 0.1 % of its values are infinite or NaN.",
      "The signal dies: 97 % of the units of \`a\` (Relu) are the same for all inputs.",
      "The signal vanishes: second moment 0 at the only hidden layer \`x\`.",
    ]
  `);
});

test('a network of one layer has no first one, and a first layer of zeros that is passed by no ratio', () => {
  expect([
    sentence(row('y', 'linear', 1.13)),
    sentence(row('lstm', 'linear', 0.05), row('head', 'linear', 1)),
    sentence(row('pool', 'pool', 2)),
    sentence(
      row('x', 'linear', 0),
      row('sum', 'sum', 0.06),
      row('z', 'linear', 0),
      row('end', 'sum', 0.06),
      row('head', 'linear', 1),
    ),
  ]).toMatchInlineSnapshot(`
    [
      "The signal is alive: second moment 1.13 at the only layer \`y\`.",
      "The signal is alive: second moment 0.05 at the only hidden layer \`lstm\`.",
      "There is no linear layer with stored weights to judge.",
      "The signal stays alive: second moment 0 at the first layer \`x\`, 0.06 at the last residual sum \`end\`.",
    ]
  `);
});

test('a residual branch that ends in zeros is no fault, a residual stream that vanishes is', () => {
  const alive = [
    row('stem', 'linear', 1),
    row('branch', 'linear', 0, { dead: 1 }),
    row('sum', 'sum', 0.9),
    row('head', 'linear', 1),
  ];
  expect(judgeSignal(alive)).toMatchObject({ state: 'healthy', last: 'sum', ratio: 0.9 });
  const lost = alive.map((each) => (each.kind === 'sum' ? row('sum', 'sum', 1e-9) : each));
  expect(judgeSignal(lost)).toMatchObject({ state: 'vanishes', firstBad: 'branch' });
});

test('softmax and pooling may be constant, and dead units after the head are not looked at', () => {
  const rows = [
    row('x', 'linear', 1),
    row('pool', 'pool', 1, { dead: 1 }),
    row('head', 'linear', 1, { dead: 1 }),
    row('softmax', 'softmax', 1, { dead: 1 }),
    row('tanh', 'activation', 1, { dead: 1 }),
  ];
  expect(judgeSignal(rows).state).toBe('healthy');
});

test('where the first layer alone is the same for all examples, it is the inputs that do not differ', () => {
  const same = { dead: 1 };
  const { state, sentence } = judgeSignal([
    row('x', 'linear', 2, same),
    row('a', 'activation', 1, same),
    row('y', 'linear', 2, same),
    row('head', 'linear', 1, same),
  ]);
  expect(state).toBe('dead');
  expect(sentence).toMatchInlineSnapshot(
    `"The inputs do not differ at the first layer \`x\`: the signal shows nothing until they do."`,
  );
});
