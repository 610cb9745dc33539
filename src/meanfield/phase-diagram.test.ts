import { expect, test } from 'vitest';
import { activation, nonlinearity, type Nonlinearity } from '../activation/index.ts';
import { phaseDiagram, phasePoint, type PhasePoint } from './index.ts';

const bent: Nonlinearity = nonlinearity({ name: 'bent', f: (x) => Math.tanh(x) + 0.1 * x });

const range = { sigmaW2: [0.5, 4], sigmaB2: [0, 0.5], columns: 36, rows: 11 } as const;

test.each([
  ...['tanh', 'relu', 'gelu', 'erf', 'hard_tanh', 'silu', 'sin', 'sign', 'leaky_relu:0.3'].map(
    (name) => [name, activation(name), range] as const,
  ),
  ['sigmoid', activation('sigmoid'), { ...range, sigmaW2: [60, 140], sigmaB2: [0, 8] }] as const,
  ['a function of a user', bent, range] as const,
])('%s: the diagram has the numbers of single points', (_, phi, { columns, rows, ...part }) => {
  const diagram = phaseDiagram(phi, { ...part, columns, rows });
  const close = (value: number, expected: number): void => {
    if (value === expected) return;
    expect(Math.abs(value - expected) / Math.abs(expected)).toBeLessThan(1e-6);
  };
  for (let i = 0; i < columns * rows; i += 7) {
    const sigmaW2 = diagram.sigmaW2[i % columns];
    const sigmaB2 = diagram.sigmaB2[Math.floor(i / columns)];
    let point: PhasePoint;
    try {
      point = phasePoint(phi, { sigmaW2, sigmaB2 });
    } catch {
      expect(diagram.qStar[i]).toBeNaN();
      expect(diagram.xiC[i]).toBeNaN();
      continue;
    }
    close(diagram.qStar[i], point.qStar);
    close(diagram.chi1[i], point.chi1);
    close(1 - diagram.cStar[i], 1 - point.cStar);
    close(diagram.xiC[i], point.xiC);
  }
});

test('the edge runs inside the range along χ₁ = 1', () => {
  const diagram = phaseDiagram(activation('tanh'), range);
  expect(diagram.edge.length).toBeGreaterThan(100);
  expect(diagram.edge[0]).toEqual({ sigmaW2: 1, sigmaB2: 0, qStar: 0 });
  for (const { sigmaW2, sigmaB2 } of diagram.edge) {
    expect(phasePoint(activation('tanh'), { sigmaW2, sigmaB2 }).phase).toBe('critical');
  }
  expect(phaseDiagram(activation('relu'), range).edge).toEqual([
    { sigmaW2: 2, sigmaB2: 0, qStar: 1 },
  ]);
  expect(phaseDiagram(activation('softplus'), range).edge).toEqual([]);
  expect(phaseDiagram(activation('sign'), range).edge).toEqual([]);
});

test('a diagram of one point is that point', () => {
  const one = { sigmaW2: [2, 2], sigmaB2: [0.1, 0.1], columns: 1, rows: 1 } as const;
  const { sigmaW2, sigmaB2, qStar } = phaseDiagram(activation('tanh'), one);
  expect([sigmaW2, sigmaB2, qStar.length]).toEqual([[2], [0.1], 1]);
});

test('ranges that are none are refused', () => {
  const tanh = activation('tanh');
  expect(() =>
    phaseDiagram(tanh, { ...range, sigmaW2: [2, 1] }),
  ).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: phaseDiagram: sigmaW2 must be two ascending variances, finite and not negative, got 2, 1]`,
  );
  expect(() =>
    phaseDiagram(tanh, { ...range, sigmaB2: [-1, 1] }),
  ).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: phaseDiagram: sigmaB2 must be two ascending variances, finite and not negative, got -1, 1]`,
  );
  expect(() => phaseDiagram(tanh, { ...range, rows: 0 })).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: phaseDiagram: rows must be a whole number from 1 to 4096, got 0]`,
  );
});
