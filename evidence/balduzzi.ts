import { activation } from '../src/activation/index.ts';
import { drawsOfPlan } from '../src/advise/index.ts';
import { modelOf } from '../src/graph/index.ts';
import {
  gradientKernel,
  kernelAutocorrelation,
  kernelCorrelation,
  type BatchNetwork,
} from '../src/meanfield/index.ts';
import { measureShattering, type ShatteringMeasurement } from '../src/measure/index.ts';
import { buildArchitecture, describeNetwork } from '../src/network/index.ts';
import { figure, type Line as Curve, type Panel, type Tone } from '../src/report/theory/figure.ts';
import type { Evidence, EvidenceRun } from './run.ts';
import { image, markdownTable } from './section.ts';
import { errorsText, shown, verdictOf, type Line } from './verdict.ts';

const [POINTS, LAGS, WIDTH, DRAWS] = [256, 30, 200, 20] as const;
const RANGE = [-2, 2] as const;
const SCHEME = 'he_normal';
const relu = activation('relu');
const he = { sigmaW2: 2, sigmaB2: 0 } as const;
const SHOWN = [1, 2, 5, 10, 15, 30] as const;

interface Case {
  readonly name: string;
  readonly tone: Tone;
  readonly depth: number;
  readonly words: string;
  readonly before: BatchNetwork['before'];
  readonly beta?: number;
  readonly width?: number;
  readonly draws?: number;
}

const CASES: readonly Case[] = [
  { name: '1 layer', tone: 'blue', depth: 1, words: '', before: 'nothing' },
  { name: '24 layers, plain', tone: 'violet', depth: 24, words: '', before: 'nothing' },
  { name: '24 layers, centred', tone: 'orange', depth: 24, words: ':centred', before: 'centred' },
  { name: '24 layers, BN', tone: 'red', depth: 24, words: ':batchnorm', before: 'normalised' },
  {
    name: '50 layers, resnet + BN',
    tone: 'green',
    depth: 50,
    words: ':batchnorm:residual:0.1',
    before: 'normalised',
    beta: 0.1,
  },
];
/** The centred network at a depth where correlation is left, and the deep ones at 4 times the width. */
const MORE: readonly Case[] = [
  { name: '4 layers, centred', tone: 'orange', depth: 4, words: ':centred', before: 'centred' },
  ...CASES.filter(({ depth, before }) => depth === 24 && before !== 'normalised').map(
    ({ name, ...rest }): Case =>
      Object.assign({ name: `${name}, width ${4 * WIDTH}`, width: 4 * WIDTH, draws: 8 }, rest),
  ),
];

interface Found {
  readonly own: Case;
  readonly spec: string;
  readonly measured: ShatteringMeasurement;
  readonly theory: readonly number[] | null;
}

/** The autocorrelation by lag: of inputs of many numbers from kernels; of one number, plain, that of a step. */
function theoryOf({ depth, before }: Case, inputs: number): readonly number[] | null {
  if (before === 'normalised') return null;
  const lags = Array.from({ length: LAGS + 1 }, (_, k) => k);
  // A line through the origin has two gradients, one for each sign: of n - k products k are negative.
  if (inputs === 1) return before === 'centred' ? null : lags.map((k) => 1 - (3 * k) / POINTS);
  const [low, high] = RANGE;
  const t = Array.from({ length: POINTS }, (_, i) => low + ((high - low) * i) / (POINTS - 1));
  // Of a + t b with a and b ~ N(0, 1), per element.
  const kernel = t.map((a) => Float64Array.from(t, (b) => 1 + a * b));
  const gradients = gradientKernel(relu, { depth, variances: he, before }, kernel);
  return [...kernelAutocorrelation(gradients, LAGS)];
}

async function find(own: Case, inputs: number, { kernels, says }: EvidenceRun): Promise<Found> {
  const width = own.width ?? WIDTH;
  const first = inputs === 1 ? 1 : width;
  // The first linear map of a residual network is no branch.
  const hidden = own.beta === undefined ? own.depth : own.depth + 1;
  const spec = `mlp:${first}-${width}x${hidden}-1${own.words}`;
  says(spec);
  const graph = buildArchitecture(spec);
  const options = { model: spec, seed: 0, scheme: SCHEME };
  const seeds = Array.from({ length: own.draws ?? DRAWS }, (_, i) => i + 1);
  const measured = await measureShattering(
    modelOf(graph),
    { seeds, draw: drawsOfPlan(describeNetwork(graph), options, kernels) },
    { points: POINTS, range: RANGE, lags: LAGS, seed: 0 },
  );
  return { own, spec, measured, theory: theoryOf(own, inputs) };
}

interface MeanAndError {
  readonly mean: number;
  readonly error: number;
}

/** Mean of independent draws and its standard error. */
function meanAndError(values: readonly number[]): MeanAndError {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, error: Math.sqrt(squares / (values.length - 1) / values.length) };
}

const atLag = ({ measured }: Found, lag: number): MeanAndError =>
  meanAndError(measured.draws.autocorrelation.map((draw) => draw[lag]));

const signed = (value: number): string => value.toFixed(3).replace('-', '−');

/** The autocorrelation that white noise has on average once its mean is taken away. */
const whiteAt = (lag: number): number =>
  lag === 0 ? 1 : -(POINTS - lag) / (POINTS * (POINTS - 1));

function linesOf(found: Found): readonly Line[] {
  return SHOWN.map((lag): Line => {
    const { mean: middle, error } = atLag(found, lag);
    const theory = found.theory?.[lag] ?? null;
    // Where every draw gives the same, up to rounding of float32.
    const scale = Math.max(error, 1e-6);
    const errors = theory === null ? null : (middle - theory) / scale;
    return { name: `lag ${lag}`, theory: theory ?? Number.NaN, measured: middle, errors };
  });
}

/** With a legend that serves the panels beside it too, or without one. */
function panelOf(title: string, all: readonly Found[], hasLegend: boolean): Panel {
  const [{ measured }] = all;
  const byLag = (values: readonly number[]): [number, number][] =>
    values.map((value, lag) => [lag, value]);
  const curves = all.flatMap(({ own, theory }): Curve[] =>
    theory === null ? [] : [{ tone: own.tone, thin: true, points: byLag(theory) }],
  );
  return {
    title,
    x: { name: `lag, of ${POINTS} points from ${RANGE[0]} to ${RANGE[1]}`, low: 0, high: LAGS },
    y: { name: 'autocorrelation of the gradients', low: -0.1, high: 1 },
    lines: [
      {
        name: hasLegend ? 'brown noise' : undefined,
        tone: 'grey',
        dash: true,
        points: byLag(measured.brown),
      },
      {
        name: hasLegend ? 'white noise' : undefined,
        tone: 'grey',
        thin: true,
        dash: true,
        points: byLag(measured.white),
      },
      ...curves,
    ],
    dots: all.map(({ own, measured: found }) => ({
      name: hasLegend ? own.name : undefined,
      tone: own.tone,
      points: byLag(found.autocorrelation),
    })),
  };
}

function tableOf(all: readonly Found[]): string {
  const head = ['network', ...SHOWN.map((lag) => `lag ${lag}`)];
  const rows = all.flatMap((found) => {
    const own = [
      `${found.own.name}, measured`,
      ...SHOWN.map((lag) => {
        const { mean: middle, error } = atLag(found, lag);
        return `${signed(middle)} ± ${error.toFixed(3)}`;
      }),
    ];
    if (found.theory === null) return [own];
    const { theory } = found;
    return [
      own,
      ['theory', ...SHOWN.map((lag) => signed(theory[lag]))],
      ['apart', ...linesOf(found).map(errorsText)],
    ];
  });
  const [{ measured }] = all;
  return markdownTable(head, [
    ...rows,
    ['brown noise', ...SHOWN.map((lag) => signed(measured.brown[lag]))],
    ['white noise', ...SHOWN.map((lag) => signed(measured.white[lag]))],
    ['white noise, theory', ...SHOWN.map((lag) => signed(whiteAt(lag)))],
  ]);
}

/** Figs. 1 and 2 of Balduzzi et al.: autocorrelations of the gradients along a line of inputs. */
export async function balduzzi(run: EvidenceRun): Promise<Evidence> {
  const single: Found[] = [];
  const many: Found[] = [];
  for (const own of CASES) single.push(await find(own, 1, run));
  for (const own of CASES) many.push(await find(own, WIDTH, run));
  const more: Found[] = [];
  for (const own of MORE) more.push(await find(own, WIDTH, run));
  const caption =
    'Autocorrelation of the gradients of five ReLU networks along a line of inputs, on the left of one number, on the right of 200: dots measured, lines theory, beside white and brown noise.';
  const file = 'evidence-balduzzi.svg';
  const panels = [
    panelOf('Inputs of one number', single, true),
    panelOf(`A line through ${WIDTH} dimensions`, many, false),
  ];
  const lines = [
    ...single.map((found) => ({ found, where: `one number, ${found.own.name}` })),
    ...[...many, ...more].map((found) => ({ found, where: `${WIDTH} numbers, ${found.own.name}` })),
  ].flatMap(({ found, where }) => linesOf(found).map((line) => Object.assign({ where }, line)));
  const independent = many.map((found): Line & { readonly where: string } => {
    const { own, measured } = found;
    const { before, depth, beta } = own;
    const { inputs } = measured;
    const kernel = Array.from({ length: inputs }, (_, a) =>
      Float64Array.from({ length: inputs }, (__, b) => (a === b ? 1 : 0)),
    );
    const network = { depth, variances: he, before, ...(beta === undefined ? {} : { beta }) };
    const theory = kernelCorrelation(gradientKernel(relu, network, kernel));
    const { mean: middle, error } = meanAndError(measured.draws.correlation);
    const errors = (middle - theory) / error;
    return {
      where: own.name,
      name: 'correlation of independent inputs',
      theory,
      measured: middle,
      errors,
    };
  });
  const text = [
    `Scheme \`${SCHEME}\`, no biases, ${DRAWS} draws of the weights (seeds 1 to ${DRAWS}), ${POINTS} inputs from ${RANGE[0]} to ${RANGE[1]}, ` +
      `lags in steps of the grid, width ${WIDTH}, 8 draws where it is ${4 * WIDTH}. Errors are standard errors over the draws.`,
    verdictOf([...lines, ...independent]),
    image(caption, file),
    '### Inputs of one number',
    tableOf(single),
    `### A line through ${WIDTH} dimensions`,
    tableOf([...many, ...more]),
    '### Independent inputs',
    `The mean correlation of the gradients of ${many[0].measured.inputs} independent inputs of ${WIDTH} numbers in one batch.`,
    markdownTable(
      ['network', 'theory', 'measured', 'apart'],
      independent.map((line, i) => [
        `${line.where}, \`${many[i].spec}\``,
        shown(line.theory),
        `${shown(line.measured)} ± ${shown(meanAndError(many[i].measured.draws.correlation).error)}`,
        errorsText(line),
      ]),
    ),
  ].join('\n\n');
  return {
    images: new Map([[file, await figure(panels, caption, { width: 1100, height: 520 })]]),
    text,
  };
}
