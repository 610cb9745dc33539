import { expect, test } from 'vitest';
import type { JacobianSpectrum, PhasePoint } from '../../meanfield/index.ts';
import { textWidth } from '../text.ts';
import { cmapChart, cmapLines } from './cmap.ts';
import { criticalChart, criticalLines } from './critical.ts';
import { conclusion, facts, precise, rough } from './facts.ts';
import { gainLines } from './gain.ts';
import { phaseSentence, pointChart, pointLines } from './point.ts';
import { saxeChart, saxeLines } from './saxe.ts';
import { spectrumChart, spectrumLines } from './spectrum.ts';

const narrow = { width: 60, colour: false };

const ordered: PhasePoint = {
  qStar: 0.6070467919,
  cStar: 1,
  chi1: 0.9398074287,
  chiC: 0.9398074287,
  chiQ: 0.4735158699,
  xiQ: 1.33766764,
  xiC: 16.10817274,
  xiGradient: 16.10817274,
  phase: 'ordered',
};

const spectrum: JacobianSpectrum = {
  sMax: 2,
  sMin: 0.5,
  mean: 1,
  variance: 0.2,
  deciles: [0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.4, 1.6],
  atoms: [],
  density: { s: [0.5, 1, 2], rho: [0, 1, 0], cdf: [0, 0.5, 1] },
};

const layers = {
  activation: 'tanh',
  weights: 'gaussian',
  depth: 3,
  sigmaW2: 1,
  sigmaB2: 0,
  qStar: 1,
  source: 'given',
} as const;

test('numbers are short, and what is infinite or does not exist is said', () => {
  expect([1.7609546396, 0.05, 0, -0, 1e-12, 123456789, Infinity, null, NaN].map(precise)).toEqual([
    '1.760955',
    '0.05',
    '0',
    '0',
    '1e-12',
    '123456800',
    '∞',
    '–',
    '–',
  ]);
  expect([1.7609546396, 1e-12, 96.649, 1.7e16, -Infinity].map(rough)).toEqual([
    '1.76',
    '1e-12',
    '96.6',
    '1.7e16',
    '-∞',
  ]);
});

test('a phase is told in a sentence with its depth scale', () => {
  expect(phaseSentence(ordered)).toMatchInlineSnapshot(
    `"Ordered: inputs become alike and gradients vanish, by e over 16.1 layers; trainable to about 6 ξ_c = 96.6 layers (Schoenholz et al. 2017)."`,
  );
  expect(
    phaseSentence({
      ...ordered,
      phase: 'chaotic',
      cStar: 0.1221,
      xiC: 5.108918989,
      xiGradient: 2.17048,
    }),
  ).toMatchInlineSnapshot(
    `"Chaotic: inputs become different, down to a correlation of 0.122, and gradients explode, by e over 2.17 layers; trainable to about 6 ξ_c = 30.7 layers (Schoenholz et al. 2017)."`,
  );
  expect(
    phaseSentence({ ...ordered, phase: 'critical', xiC: Infinity, xiGradient: Infinity }),
  ).toMatchInlineSnapshot(
    `"Critical: gradients keep their size at any depth, and no depth scale limits the depth."`,
  );
  expect(phaseSentence({ ...ordered, xiC: 0, xiGradient: 0 })).toContain('vanish, at once;');
});

test('constants and jumps get sentences without infinities', () => {
  const last = (lines: readonly string[]): string =>
    lines
      .slice(lines.lastIndexOf('') + 1)
      .map((line) => line.slice(2))
      .join(' ');
  const gain = (forward: number, backward: number): string =>
    last(gainLines({ activation: 'f', q: 1, forward, backward }, { ...narrow, width: 200 }));
  expect([gain(Infinity, Infinity), gain(0.5, Infinity), gain(1, 0)]).toEqual([
    'No weights keep signals of this size: the activation is 0 wherever they reach.',
    'Weights of variance 0.25 / fan_in keep signals of this size, and gradients vanish in one layer: the slope is 0.',
    'Weights of variance 1 / fan_in keep signals of this size, and gradients explode in one layer: the activation jumps.',
  ]);
  const none = { ...spectrum, sMin: 0, sMax: 0, mean: 0, deciles: spectrum.deciles.map(() => 0) };
  expect(last(spectrumLines(none, { ...layers, depth: 1 }, narrow))).toBe(
    'All directions are lost; gradients vanish on average over this layer.',
  );
});

test('every table keeps to the width of a narrow terminal', () => {
  const mode = { layers: Infinity, s: 1, u0: 0.001, uf: 0.999 };
  const lines = [
    ...pointLines(ordered, layers, narrow),
    ...criticalLines([{ sigmaW2: 2, sigmaB2: 0, qStar: 1, chiQ: 1 }], 'relu', narrow),
    ...gainLines({ activation: 'x'.repeat(80), q: 1, forward: 1, backward: 2 }, narrow),
    ...cmapLines([0, 0.5], [[0.1], [0.6]], layers, narrow),
    ...saxeLines({ tOverTau: 1012.8, steps: 1012.8, rate: 0 }, mode, narrow),
    ...spectrumLines({ ...spectrum, atoms: [{ s: 0, mass: 0.5 }] }, layers, narrow),
    ...facts([['a', null, 'word '.repeat(40)]], narrow),
    ...conclusion('word '.repeat(40), narrow),
  ];
  expect(lines.filter((line) => textWidth(line) > 60)).toEqual([]);
});

test('pictures of the strangest results have no number that is none', async () => {
  const still = { ...ordered, qStar: 0, cStar: -0.3, phase: 'chaotic' } as const;
  const mode = { layers: Infinity, s: 1, u0: 0.4, uf: 0.5 };
  const svgs = await Promise.all([
    pointChart(still, layers, { variance: () => Infinity, correlation: (c) => c }),
    criticalChart([{ sigmaW2: 2, sigmaB2: 0, qStar: 1, chiQ: 1 }], 'relu', []),
    spectrumChart(
      {
        ...spectrum,
        sMin: 1,
        sMax: 1,
        deciles: Array.from({ length: 9 }, () => 1),
        atoms: [{ s: 1, mass: 1 }],
        density: { s: [], rho: [], cdf: [] },
      },
      layers,
    ),
    spectrumChart(
      {
        ...spectrum,
        sMin: 0,
        deciles: [0, 0, 0, 0, 0, 0, 0, 0, 1e-9],
        atoms: [{ s: 0, mass: 0.5 }],
        density: { s: [1e-200, 1, 2], rho: [1e190, Infinity, 0], cdf: [0.5, 0.9, 1] },
      },
      layers,
    ),
    cmapChart([-1], [[-1]], layers),
    saxeChart(
      {
        tOverTau: 0.1,
        steps: 0.1,
        rate: 0,
        limit: 0.1,
        times: [0, 0.2],
        strength: [0.4, 0.6],
        byLayers: [[2, 0.1]],
      },
      mode,
    ),
  ]);
  for (const svg of svgs) {
    expect(svg).toMatch(/<\/svg>$/);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  }
});
