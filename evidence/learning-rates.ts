import { activation } from '../src/activation/index.ts';
import { pixelStatistics, type ImageSet } from '../src/data/index.ts';
import { phasePoint } from '../src/meanfield/index.ts';
import { figure, type Line, type Panel, type Tone } from '../src/report/theory/figure.ts';
import {
  denseScheme,
  denseSpec,
  denseWeights,
  openDense,
  type Dense,
  type DenseLaw,
} from './dense-network.ts';
import { batchesFrom, type PixelScale } from './image-batches.ts';
import { bestPower, collapseSpread, stepsUntil, type TimeAt } from './learning-steps.ts';
import { slopeOf } from './linear-formulas.ts';
import { openResults, type Results } from './results.ts';
import type { Evidence, EvidenceRun } from './run.ts';
import { image, markdownTable } from './section.ts';
import type { Steps } from './steps.ts';
import { shown } from './verdict.ts';

const [WIDTH, BATCH, LEVEL, WINDOW, TOGETHER] = [200, 100, 0.25, 5, 10] as const;

/** Networks of one activation: at which depths, products of learning rate and depth, and seeds, and for how many steps at most. */
interface Sweep {
  readonly activation: string;
  readonly sigmaW2: number;
  readonly sigmaB2: number;
  readonly depths: readonly number[];
  readonly scaledRates: readonly number[];
  readonly seeds: readonly number[];
  readonly most: number;
}

const TANH: Sweep = {
  activation: 'tanh',
  sigmaW2: 1.05,
  sigmaB2: 2.01e-5,
  depths: [50, 100, 200, 400],
  scaledRates: [0.1, 0.2154, 0.4642, 1, 2.154, 4.642, 10],
  seeds: [1, 2],
  most: 100,
};
const RELU: Sweep = {
  activation: 'relu',
  sigmaW2: 2,
  sigmaB2: 0,
  depths: [50],
  scaledRates: [0.2154, 0.4642, 1, 2.154],
  seeds: [1],
  most: 200,
};
const LAWS = ['orthogonal', 'gaussian'] as const;
type Law = (typeof LAWS)[number];
const TONES: readonly Tone[] = ['green', 'blue', 'violet', 'red'];

/** One run until it has learned, or not. */
interface TimedRun {
  /** `null` where the level was not reached in the most steps. */
  readonly steps: number | null;
  /** Largest mean accuracy of so many batches in a row. */
  readonly best: number;
}

/** One run with what it was of. */
interface Found extends TimedRun {
  readonly activation: string;
  readonly weights: Law;
  readonly depth: number;
  readonly scaledRate: number;
  readonly seed: number;
}

const denseOf = ({ activation: name }: Sweep, depth: number): Dense => ({
  inputs: 3072,
  width: WIDTH,
  depth,
  activation: name,
});

/** Pixels without mean, of the size that makes the second moment of the first pre-activations q*, or 1 where any is fixed. */
function scaleOf({ activation: name, sigmaW2, sigmaB2 }: Sweep, set: ImageSet): PixelScale {
  const { mean, std } = pixelStatistics(set);
  const all = mean.reduce((sum, value) => sum + value, 0) / mean.length;
  const square = mean.reduce((sum, m, i) => sum + std[i] ** 2 + (m - all) ** 2, 0) / mean.length;
  const q = name === 'relu' ? sigmaW2 : phasePoint(activation(name), { sigmaW2, sigmaB2 }).qStar;
  return { mean: all / 255, scale: Math.sqrt(square / ((q - sigmaB2) / sigmaW2)) / 255 };
}

async function timeRun(
  steps: Steps,
  batches: ReturnType<typeof batchesFrom>,
  start: Parameters<Steps['take']>[0],
  rate: number,
  most: number,
): Promise<TimedRun> {
  let weights = start;
  const accuracy: number[] = [];
  const bestOf = (): number => {
    let best = 0;
    for (let i = WINDOW; i <= accuracy.length; i++) {
      const sum = accuracy.slice(i - WINDOW, i).reduce((a, b) => a + b, 0);
      best = Math.max(best, sum / WINDOW);
    }
    return Math.round(1e4 * best) / 1e4;
  };
  while (accuracy.length < most) {
    const { inputs, target } = batches(accuracy.length + 1, TOGETHER);
    const part = await steps.take(weights, { input: inputs, target }, TOGETHER, rate);
    weights = part.weights;
    accuracy.push(...Array.from(part.metrics['accuracy']));
    const found = stepsUntil(accuracy, LEVEL, WINDOW);
    if (found !== null) return { steps: found, best: bestOf() };
    if (!Array.from(part.metrics['loss']).every(Number.isFinite)) break;
  }
  return { steps: null, best: bestOf() };
}

async function sweepOf(
  sweep: Sweep,
  set: ImageSet,
  results: Results,
  run: EvidenceRun,
): Promise<readonly Found[]> {
  const all: Found[] = [];
  const scale = scaleOf(sweep, set);
  for (const seed of sweep.seeds) {
    for (const depth of sweep.depths) {
      const dense = denseOf(sweep, depth);
      let opened: Promise<Steps> | null = null;
      const open = (): Promise<Steps> => (opened ??= openDense(dense));
      for (const weights of LAWS) {
        const law: DenseLaw = { weights, sigmaW2: sweep.sigmaW2, sigmaB2: sweep.sigmaB2 };
        for (const scaledRate of sweep.scaledRates) {
          const settings = `${denseSpec(dense)} ${denseScheme(law)} biases ${law.sigmaB2} sgd ${scaledRate}/${depth} batch ${BATCH} until ${LEVEL} in ${WINDOW}, most ${sweep.most}, seed ${seed}`;
          const timed = await results.get(settings, async () => {
            const found = await timeRun(
              await open(),
              batchesFrom(set, BATCH, seed, scale),
              denseWeights(dense, law, seed, run.kernels),
              scaledRate / depth,
              sweep.most,
            );
            run.says(`${settings}: ${found.steps ?? 'not'} (${found.best})`);
            return found;
          });
          const { activation: name } = sweep;
          all.push(Object.assign({ activation: name, weights, depth, scaledRate, seed }, timed));
        }
      }
      const steps = opened as Promise<Steps> | null;
      if (steps !== null) await (await steps).close();
    }
  }
  return all;
}

/** The geometric mean over the seeds, where every seed has a time. */
function timesOf(found: readonly Found[], weights: Law): readonly TimeAt[] {
  return TANH.depths.flatMap((depth) =>
    TANH.scaledRates.flatMap((scaledRate): TimeAt[] => {
      const own = found.filter(
        (run) => run.weights === weights && run.depth === depth && run.scaledRate === scaledRate,
      );
      const logs = own.flatMap(({ steps }) => (steps === null ? [] : [Math.log(steps)]));
      if (logs.length < own.length || own.length === 0) return [];
      const steps = Math.exp(logs.reduce((a, b) => a + b, 0) / logs.length);
      return [{ depth, scaledRate, steps }];
    }),
  );
}

/** Steps to 25 % accuracy over learning rates and depths, after Pennington et al. 2017. */
export async function learningRates(run: EvidenceRun): Promise<Evidence> {
  const results = openResults('learning-rates');
  const set = run.images('cifar10', 'train');
  const tanh = await sweepOf(TANH, set, results, run);
  const relu = await sweepOf(RELU, set, results, run);
  const caption =
    'Steps to an accuracy of 25 % on CIFAR-10 of critical tanh networks, dots by depth and lines between them: on the left orthogonal weights over the learning rate, in the middle in units in which depths should agree, on the right Gaussian weights in these units.';
  const file = 'evidence-learning-rates.svg';
  const orthogonal = timesOf(tanh, 'orthogonal');
  const gaussian = timesOf(tanh, 'gaussian');
  const panels = [
    panelOf('Orthogonal', tanh, 'orthogonal', 'rate'),
    panelOf('Orthogonal, in units of depth', tanh, 'orthogonal', 'rate × depth'),
    panelOf('Gaussian, in units of depth', tanh, 'gaussian', 'rate × depth'),
  ];
  const [first] = TANH.depths;
  const spec = denseSpec(denseOf(TANH, first));
  return {
    earlierSeconds: results.earlier(),
    images: new Map([[file, await figure(panels, caption, { width: 1260, height: 420 })]]),
    text: [
      `Networks \`${spec}\` and deeper, σw² = ${TANH.sigmaW2}, σb² = ${TANH.sigmaB2}; \`${denseSpec(denseOf(RELU, first))}\`, σw² = ${RELU.sigmaW2}, no biases; weights \`orthogonal(gain=σw)\` or ` +
        `\`variance_scaling(scale=σw², mode=fan_in, distribution=normal)\`. CIFAR-10, ${set.labels.length} training images, the mean taken away, scaled to q¹ = q* for tanh and to q¹ = 2 for ReLU; cross-entropy, gradient descent, batches of ${BATCH}. ` +
        `Learned is where ${WINDOW} batches in a row, each before its step, have a mean accuracy of ${LEVEL}; τ counts the steps before the middle one. Seeds ${TANH.seeds.join(', ')} (ReLU: ${RELU.seeds.join(', ')}) of weights and of the order of the images. ` +
        `On one thread; the runs are kept in evidence/results/learning-rates.json.`,
      verdictOf(orthogonal, gaussian, relu),
      image(caption, file),
      '### tanh, orthogonal weights',
      timesTable(orthogonal),
      '### tanh, Gaussian weights',
      timesTable(gaussian),
      `Geometric means over the seeds; a dash where a seed did not reach ${LEVEL} in ${TANH.most} steps.`,
      '### ReLU',
      reluTable(relu),
      `The best mean accuracy of ${WINDOW} batches in a row within ${RELU.most} steps, and the steps to ${LEVEL} where it was reached.`,
    ].join('\n\n'),
  };
}

/** The fastest rate of every depth that has one. */
const fastest = (times: readonly TimeAt[]): readonly TimeAt[] =>
  TANH.depths.flatMap((depth) => {
    const own = times.filter((time) => time.depth === depth);
    if (own.length === 0) return [];
    return [own.reduce((best, time) => (time.steps < best.steps ? time : best))];
  });

const signed = (value: number): string => value.toFixed(2).replace('-', '−');

function lawVerdict(name: string, times: readonly TimeAt[]): string {
  const best = fastest(times);
  if (best.length < 2) return `${name}: too few depths learn to say how τ depends on them.`;
  const [steps, rate] = [
    slopeOf(best.map((time) => [time.depth, time.steps])),
    slopeOf(best.map((time) => [time.depth, time.scaledRate / time.depth])),
  ];
  const power = bestPower(times);
  const spread = (p: number): string => `${(100 * collapseSpread(times, p)!).toFixed(0)} %`;
  const collapse =
    power === null
      ? 'no ηL is learned at by all depths'
      : `at the same ηL the times of all depths scatter by ${spread(0)} as they are, by ${spread(0.5)} over √L and least, by ${spread(power)}, over L^${signed(power)}`;
  return (
    `${name}: least τ ${best.map((time) => `${shown(time.steps)} (L = ${time.depth})`).join(', ')}, ∝ L^${signed(steps)}; ` +
    `its rate ∝ L^${signed(rate)}; ${collapse}.`
  );
}

function verdictOf(
  orthogonal: readonly TimeAt[],
  gaussian: readonly TimeAt[],
  relu: readonly Found[],
): string {
  const both = orthogonal.flatMap((time) => {
    const other = gaussian.find(
      ({ depth, scaledRate }) => depth === time.depth && scaledRate === time.scaledRate,
    );
    return other === undefined ? [] : [other.steps / time.steps];
  });
  const faster = both.filter((ratio) => ratio > 1).length;
  const learned = relu.filter(({ steps }) => steps !== null).length;
  const best = Math.max(...relu.map((run) => run.best));
  return (
    `**Verdict:** ${lawVerdict('Orthogonal', orthogonal)} ${lawVerdict('Gaussian', gaussian)} ` +
    `Where both learn, orthogonal weights are the faster ones at ${faster} of ${both.length} pairs of depth and rate. ` +
    `ReLU reaches ${LEVEL} in ${learned} of ${relu.length} runs of ${RELU.most} steps; its best is ${best.toFixed(2)}.`
  );
}

/** The curves of all depths; those over the rate have the legend, which serves all panels. */
function panelOf(
  title: string,
  found: readonly Found[],
  weights: Law,
  over: 'rate' | 'rate × depth',
): Panel {
  const times = timesOf(found, weights);
  const isScaled = over !== 'rate';
  const x = (depth: number, scaledRate: number): number =>
    isScaled ? scaledRate : scaledRate / depth;
  const y = (depth: number, steps: number): number => (isScaled ? steps / Math.sqrt(depth) : steps);
  const lines = TANH.depths.map((depth, i): Line => {
    const own = times.filter((time) => time.depth === depth);
    return {
      name: isScaled ? undefined : `L = ${depth}`,
      tone: TONES[i],
      thin: true,
      points: own.map(({ scaledRate, steps }) => [x(depth, scaledRate), y(depth, steps)]),
    };
  });
  const dots = TANH.depths.map((depth, i) => ({
    tone: TONES[i],
    points: found
      .filter((run) => run.weights === weights && run.depth === depth)
      .flatMap(({ scaledRate, steps }): [number, number][] =>
        steps === null ? [] : [[x(depth, scaledRate), y(depth, steps)]],
      ),
  }));
  return {
    title,
    x: isScaled
      ? { name: 'learning rate × L', low: 0.07, high: 14, log: true }
      : { name: 'learning rate', low: 1e-4, high: 0.4, log: true },
    y: isScaled
      ? { name: 'τ/√L', low: 0.3, high: 20, log: true }
      : { name: 'τ, steps to 25 %', low: 3, high: 120, log: true },
    lines,
    dots,
  };
}

function timesTable(times: readonly TimeAt[]): string {
  const head = ['ηL', ...TANH.depths.map((depth) => `L = ${depth}`)];
  const rows = TANH.scaledRates.map((scaledRate) =>
    [shown(scaledRate)].concat(
      TANH.depths.map((depth) => {
        const time = times.find((own) => own.depth === depth && own.scaledRate === scaledRate);
        return time === undefined ? '–' : shown(time.steps);
      }),
    ),
  );
  return markdownTable(head, rows);
}

function reluTable(found: readonly Found[]): string {
  const head = ['ηL', ...RELU.depths.flatMap((depth) => LAWS.map((law) => `L = ${depth}, ${law}`))];
  const rows = RELU.scaledRates.map((scaledRate) =>
    [shown(scaledRate)].concat(
      RELU.depths.flatMap((depth) =>
        LAWS.map((law) => {
          const own = found.filter(
            (run) => run.depth === depth && run.weights === law && run.scaledRate === scaledRate,
          );
          const best = Math.max(...own.map((run) => run.best));
          const steps = own.flatMap((run) => (run.steps === null ? [] : [`${run.steps}`]));
          return `${best.toFixed(2)}${steps.length === 0 ? '' : ` (${steps.join(', ')})`}`;
        }),
      ),
    ),
  );
  return markdownTable(head, rows);
}
