import { activation } from '../src/activation/index.ts';
import type { ImageSet } from '../src/data/index.ts';
import { criticalPoints, phasePoint } from '../src/meanfield/index.ts';
import { figure, type Panel } from '../src/report/theory/figure.ts';
import { ramp } from '../src/report/theory/heat.ts';
import {
  denseScheme,
  denseSpec,
  denseWeights,
  openDense,
  type Dense,
  type DenseLaw,
} from './dense-network.ts';
import { batchesFrom } from './image-batches.ts';
import { openResults, type Results } from './results.ts';
import type { Evidence, EvidenceRun } from './run.ts';
import { image, markdownTable } from './section.ts';
import type { Steps } from './steps.ts';
import { bestFactors, depthAt, shareRight, type Cell } from './trainable-depth.ts';
import { shown } from './verdict.ts';

const DEPTHS = [10, 20, 40, 80, 160, 320] as const;
const VARIANCES = Array.from({ length: 11 }, (_, i) => Math.round(10 + 3 * i) / 10);
const [WIDTH, SIGMA_B2, BATCH, STEPS, SEED] = [300, 0.05, 64, 200, 1] as const;
/** The learning rate is this over the depth, as the best one is. */
const RATE = 0.2;
/** Steps that run at once, and over which the accuracy is averaged. */
const TOGETHER = 20;
/** Accuracy from which a network counts as trained, and the multiple of ξ_c of the paper. */
const [TRAINED, MULTIPLE] = [0.3, 6] as const;
const tanh = activation('tanh');
/** Depths that are trained at the edge of chaos too, which no variance of the grid is at. */
const EDGE_DEPTHS = [160, 320] as const;
const EDGE = criticalPoints(tanh, { sigmaB2: SIGMA_B2 })[0].sigmaW2;

/** The accuracy of training batches, in means of so many steps. */
interface CellRun {
  readonly accuracy: readonly number[];
}

const LAWS = ['gaussian', 'orthogonal'] as const;
type Weights = (typeof LAWS)[number];

/** Accuracy by depth and variance, NaN where it was not measured, and where it falls to what counts as trained. */
interface Grid {
  readonly weights: Weights;
  readonly rows: readonly (readonly number[])[];
  readonly falls: readonly (number | null)[];
}

const lawOf = (weights: Weights, sigmaW2: number): DenseLaw => ({
  weights,
  sigmaW2,
  sigmaB2: SIGMA_B2,
});
const denseOf = (depth: number): Dense => ({
  inputs: 784,
  width: WIDTH,
  depth,
  activation: 'tanh',
});
const limitOf = (sigmaW2: number): number => phasePoint(tanh, { sigmaW2, sigmaB2: SIGMA_B2 }).xiC;

async function trainCell(
  steps: Steps,
  set: ImageSet,
  depth: number,
  law: DenseLaw,
  { kernels }: EvidenceRun,
): Promise<CellRun> {
  const batches = batchesFrom(set, BATCH, SEED, { mean: 0.5, scale: 1 });
  let weights = denseWeights(denseOf(depth), law, SEED, kernels);
  const accuracy: number[] = [];
  for (let done = 0; done < STEPS; done += TOGETHER) {
    const { inputs, target } = batches(done + 1, TOGETHER);
    const part = await steps.take(weights, { input: inputs, target }, TOGETHER, RATE / depth);
    weights = part.weights;
    const sum = Array.from(part.metrics['accuracy']).reduce((a, b) => a + b, 0);
    accuracy.push(Math.round((1e4 * sum) / TOGETHER) / 1e4);
  }
  return { accuracy };
}

/** The accuracy of one network after its steps, which are taken if it is not kept. */
async function accuracyAt(
  depth: number,
  law: DenseLaw,
  { results, set, run, open }: Training,
): Promise<number> {
  const settings = `${denseSpec(denseOf(depth))} ${denseScheme(law)} biases ${SIGMA_B2} sgd ${RATE / depth} batch ${BATCH} steps ${STEPS} seed ${SEED}`;
  const { accuracy } = await results.get(settings, async () => {
    const found = await trainCell(await open(), set, depth, law, run);
    run.says(`${law.weights}, ${depth} layers, σw² = ${law.sigmaW2}: ${found.accuracy.at(-1)}`);
    return found;
  });
  return accuracy[accuracy.length - 1];
}

/** The accuracies of all variances at one depth. */
async function trainRow(
  depth: number,
  before: readonly number[] | null,
  weights: Weights,
  training: Training,
): Promise<readonly number[]> {
  const row: number[] = [];
  for (const [column, sigmaW2] of VARIANCES.entries()) {
    // Where nothing learned at half the depth, here or beside, nothing is expected at the whole.
    const near = before?.slice(Math.max(0, column - 1), column + 2) ?? [1];
    if (!near.some((value) => value >= TRAINED)) {
      row.push(Number.NaN);
      continue;
    }
    row.push(await accuracyAt(depth, lawOf(weights, sigmaW2), training));
  }
  return row;
}

/** What the rows share. */
interface Training {
  readonly results: Results;
  readonly set: ImageSet;
  readonly run: EvidenceRun;
  /** The compiled network of the depth. */
  readonly open: () => Promise<Steps>;
}

/** Fig. 5 of Schoenholz et al.: which depths tanh networks can be trained at, over the variance of their weights. */
export async function trainability(run: EvidenceRun): Promise<Evidence> {
  const results = openResults('trainability');
  const set = run.images('mnist', 'train');
  const rows: Record<Weights, (readonly number[])[]> = { gaussian: [], orthogonal: [] };
  const edge: Record<Weights, number[]> = { gaussian: [], orthogonal: [] };
  for (const weights of LAWS) {
    for (const [index, depth] of DEPTHS.entries()) {
      let steps: Promise<Steps> | null = null;
      const open = (): Promise<Steps> => (steps ??= openDense(denseOf(depth)));
      const training = { results, set, run, open };
      const before = index === 0 ? null : rows[weights][index - 1];
      rows[weights].push(await trainRow(depth, before, weights, training));
      if (EDGE_DEPTHS.some((deep) => deep === depth)) {
        edge[weights].push(await accuracyAt(depth, lawOf(weights, EDGE), training));
      }
      const opened = steps as Promise<Steps> | null;
      if (opened !== null) await (await opened).close();
    }
  }
  const grids = LAWS.map((weights): Grid => {
    const own = rows[weights];
    const falls = VARIANCES.map((_, column) =>
      depthAt({ depths: DEPTHS, accuracy: own.map((row) => row[column]) }, TRAINED),
    );
    return { weights, rows: own, falls };
  });
  const caption = `Training accuracy of tanh networks of ${WIDTH} units after ${STEPS} steps, over the variance of their weights and their depth, Gaussian weights on the left, orthogonal ones on the right: each field of colour one network, grey not trained, line ${MULTIPLE} ξ_c, dots where accuracy falls to ${TRAINED}.`;
  const file = 'evidence-trainability.svg';
  const panels = grids.map((grid, i) => panelOf(grid, i === 0));
  const [shallow, deep] = [DEPTHS[0], DEPTHS[DEPTHS.length - 1]].map((depth) =>
    denseSpec(denseOf(depth)),
  );
  return {
    earlierSeconds: results.earlier(),
    images: new Map([[file, await figure(panels, caption, { width: 1200, height: 480 })]]),
    text: [
      `Networks \`${shallow}\` to \`${deep}\`, schemes \`variance_scaling(scale=σw², mode=fan_in, distribution=normal)\` and \`orthogonal(gain=σw)\`, biases of variance ${SIGMA_B2}; ` +
        `MNIST, pixels from −½ to ½, cross-entropy, gradient descent with rate ${RATE}/L, batches of ${BATCH}, ${STEPS} steps, seed ${SEED}. Measured is the mean accuracy of the last ${TOGETHER} batches, each before its step. ` +
        `On one thread; the runs are kept in evidence/results/trainability.json.`,
      `**Verdict:** ${grids.map(verdictOf).join(' ')}`,
      image(caption, file),
      ...grids.flatMap((grid) => [`### ${titleOf(grid)}`, tableOf(grid)]),
      `A dash: not run, since no network of half the depth and this or a neighbouring variance reached ${TRAINED}.`,
      '### At the edge of chaos',
      `σw² = ${EDGE.toFixed(4)}, where ξ_c is infinite.`,
      markdownTable(
        ['weights', ...EDGE_DEPTHS.map((depth) => `L = ${depth}`)],
        LAWS.map((weights) => edgeRow(weights, edge[weights])),
      ),
    ].join('\n\n'),
  };
}

const edgeRow = (weights: Weights, accuracy: readonly number[]): readonly string[] => [
  weights,
  ...accuracy.map((value) => value.toFixed(2)),
];

const titleOf = ({ weights }: Grid): string =>
  weights === 'gaussian' ? 'Gaussian weights' : 'Orthogonal weights';

const cellsOf = ({ rows }: Grid): readonly Cell[] =>
  rows.flatMap((row, index) =>
    row.map((value, column) => ({
      depth: DEPTHS[index],
      limit: limitOf(VARIANCES[column]),
      isTrained: value >= TRAINED,
    })),
  );

function verdictOf(grid: Grid): string {
  const cells = cellsOf(grid);
  const missing = grid.rows.flat().filter(Number.isNaN).length;
  const percent = (factor: number): string => `${(100 * shareRight(cells, factor)).toFixed(0)} %`;
  const [low, high] = bestFactors(cells, 1, 20, 600);
  const ratios = grid.falls.flatMap((depth, i) =>
    depth === null ? [] : [depth / limitOf(VARIANCES[i])],
  );
  const sorted = [...ratios].sort((a, b) => a - b);
  const between =
    sorted.length === 0
      ? ''
      : ` Accuracy falls to ${TRAINED} between ${shown(sorted[0])} and ${shown(sorted[sorted.length - 1])} ξ_c, in the middle at ${shown(sorted[Math.floor(sorted.length / 2)])}.`;
  return (
    `${titleOf(grid)}: of ${cells.length} networks, ${missing} of which were not run and count as not trained, ${percent(MULTIPLE)} reach ${TRAINED} exactly where they are no deeper than ${MULTIPLE} ξ_c; ` +
    `most, ${percent(low)}, are sorted right by ${shown(low)} to ${shown(high)} ξ_c.${between}`
  );
}

/** Parts of a field along an axis, so that it has sharp edges. */
const FINE = 24;

const SHADES = ramp(['#f6f4ec', '#a9cfd0', '#3f8fa6', '#1d4f7c', '#171b3f'], 18);

/** With a legend that serves the panel beside it too, or without one. */
function panelOf(grid: Grid, hasLegend: boolean): Panel {
  const { rows, falls } = grid;
  const [first, last] = [VARIANCES[0], VARIANCES[VARIANCES.length - 1]];
  const margin = (VARIANCES[1] - first) / 2;
  const [low, high] = [DEPTHS[0] / Math.SQRT2, DEPTHS[DEPTHS.length - 1] * Math.SQRT2];
  const [critical] = criticalPoints(tanh, { sigmaB2: SIGMA_B2 });
  const curve = Array.from({ length: 601 }, (_, i) => first + ((last - first) * i) / 600)
    .concat(critical.sigmaW2)
    .sort((a, b) => a - b)
    // Infinite at the edge of chaos.
    .map((sigmaW2): [number, number] => [sigmaW2, Math.min(MULTIPLE * limitOf(sigmaW2), 1e6)]);
  return {
    title: `${titleOf(grid)}, tanh, σb² = ${SIGMA_B2}, ${STEPS} steps`,
    x: { name: 'σw²', low: first - margin, high: last + margin },
    y: { name: 'hidden layers', low, high, log: true },
    heat: {
      columns: VARIANCES.length * FINE,
      rows: DEPTHS.length * FINE,
      values: rows.flatMap((row) => {
        const fine = row.flatMap((value) => Array.from({ length: FINE }, () => value));
        return Array.from({ length: FINE }, () => fine).flat();
      }),
      low: 0.1,
      high: 0.8,
      colours: SHADES,
      labels: [0.1, 0.3, 0.5, 0.8].map((value) => [value, `${value}`] as const),
    },
    lines: [{ name: hasLegend ? `${MULTIPLE} ξ_c` : undefined, tone: 'orange', points: curve }],
    dots: [
      {
        name: hasLegend ? `accuracy ${TRAINED}` : undefined,
        tone: 'red',
        points: falls.flatMap((depth, i): [number, number][] =>
          depth === null ? [] : [[VARIANCES[i], depth]],
        ),
      },
    ],
  };
}

function tableOf({ rows, falls }: Grid): string {
  const head = [
    'σw²',
    ...DEPTHS.map((depth) => `L = ${depth}`),
    `${MULTIPLE} ξ_c`,
    `L at ${TRAINED}`,
    'in ξ_c',
  ];
  const table = VARIANCES.map((sigmaW2, column) => {
    const depth = falls[column];
    const limit = limitOf(sigmaW2);
    return [`${sigmaW2}`].concat(
      rows.map((row) => (Number.isNaN(row[column]) ? '–' : row[column].toFixed(2))),
      shown(MULTIPLE * limit),
      depth === null ? '–' : shown(depth),
      depth === null ? '–' : shown(depth / limit),
    );
  });
  return markdownTable(head, table);
}
