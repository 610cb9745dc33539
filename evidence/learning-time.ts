import { drawsOfPlan } from '../src/advise/index.ts';
import { saxeOptimalRate } from '../src/meanfield/index.ts';
import { buildArchitecture, describeNetwork } from '../src/network/index.ts';
import { key } from '../src/random/index.ts';
import { figure, type Panel, type Tone } from '../src/report/theory/figure.ts';
import { decoupledWeights, openDeepLinear, strengths, type DeepLinear } from './deep-linear.ts';
import {
  crossing,
  exactTime,
  fastestOf,
  gridRate,
  modeError,
  slopeOf,
  strengthAfter,
  type Fastest,
} from './linear-formulas.ts';
import { openResults } from './results.ts';
import type { Evidence, EvidenceRun } from './run.ts';
import { secondMoments, whitened, type Modes, type SecondMoments } from './second-moments.ts';
import { image, markdownTable } from './section.ts';
import type { Weights } from './steps.ts';
import { shown } from './verdict.ts';

const EXAMPLES = 50_000;
const DEPTHS = [3, 5, 8, 14, 28, 54, 100] as const;
const SEED = 1;
/** Of the weights on MNIST; the deepest networks take too long for more than one. */
const SEEDS = [1, 2] as const;
const [DEEP, FIRST_SEED] = [100, 1] as const;
const seedsOf = (layers: number): readonly number[] => (layers < DEEP ? SEEDS : [FIRST_SEED]);

/** Of the modes: strengths at the start, share of the error at which they count as learned, rates in units of the optimal one. */
const [STARTS, SHARE, RATES] = [[0.1, 0.01, 0.001], 0.1, [0.1, 1]] as const;
const [COMPONENTS, NARROW] = [100, 64] as const;

/** Of all of MNIST: half the squared error of an example that counts as learned, 13000 of 50000; the grid of rates from 1e-4 · 50000 down. */
const [WIDTH, GOAL, TOP, MOST] = [256, 0.26, 5, 2000] as const;
const SCHEMES = [
  { scheme: 'orthogonal', tone: 'blue' },
  { scheme: 'glorot_uniform', tone: 'orange' },
  { scheme: 'glorot_normal', tone: 'red' },
] as const;
const START_TONES: readonly Tone[] = ['green', 'violet', 'blue'];

/** Decoupled modes, simulated and exact. */
interface ModesRun {
  readonly layers: number;
  readonly u0: number;
  /** Learning rate in units of the optimal one. */
  readonly part: number;
  /** Steps that the simulation and the exact solution take. */
  readonly measured: number;
  readonly theory: number;
  /** Largest difference of the strength of a mode from that of gradient descent on the mode alone. */
  readonly apart: number;
}

/** The fastest rate of one scheme at one depth. */
interface SchemeRun {
  readonly layers: number;
  readonly scheme: string;
  readonly seed: number;
  readonly fastest: Fastest | null;
}

async function simulateModes(
  net: DeepLinear,
  modes: Modes,
  { layers, u0, part }: Pick<ModesRun, 'layers' | 'u0' | 'part'>,
): Promise<ModesRun> {
  const { s, moments } = modes;
  const rate = part * saxeOptimalRate({ layers, s: s[0] });
  const theory = exactTime(layers, s, u0, SHARE) / rate;
  const start = decoupledWeights(net.shapes, u0, modes, key(SEED));
  const floor = moments.size / 2 - s.reduce((sum, value) => sum + (value * value) / 2, 0);
  const goal =
    SHARE *
    modeError(
      s,
      s.map(() => u0),
    );
  const before = await net.descend(start, rate, Math.round(theory));
  const found = strengths(net.shapes, before.weights, modes);
  const alone = s.map((value) => strengthAfter({ layers, s: value, u0, rate }, Math.round(theory)));
  const after = await net.descend(before.weights, rate, Math.ceil(0.25 * theory) + 5);
  const errors = [...Array.from(before.losses), ...Array.from(after.losses)].map(
    (loss) => loss - floor,
  );
  const measured = crossing(errors, goal);
  if (measured === null) {
    throw new RangeError(
      `learning-time: the error must fall to ${goal} in ${errors.length} steps, got ${errors.at(-1)}`,
    );
  }
  const apart = Math.max(...found.map((u, i) => Math.abs(u - alone[i])));
  return { layers, u0, part, measured, theory, apart };
}

/** As `stepzero` names it. */
const specOf = (layers: number): string => `linear:784-${WIDTH}x${layers - 2}-10`;

/** Steps until the error is small enough, `null` if there are more than `most` or it explodes. */
async function stepsToLearn(
  net: DeepLinear,
  start: Weights,
  rate: number,
  most: number,
): Promise<number | null> {
  const losses: number[] = [];
  let weights = start;
  while (losses.length <= most) {
    const part = await net.descend(weights, rate, Math.min(25, most + 1 - losses.length));
    weights = part.weights;
    losses.push(...Array.from(part.losses));
    const found = crossing(losses, GOAL);
    if (found !== null) return found;
    if (!(losses[losses.length - 1] < 100 * losses[0])) return null;
  }
  return null;
}

async function learnSchemes(
  { layers, seed }: Pick<SchemeRun, 'layers' | 'seed'>,
  moments: SecondMoments,
  guess: ReadonlyMap<string, number>,
  { kernels, says }: EvidenceRun,
): Promise<readonly SchemeRun[]> {
  const net = await openDeepLinear(layers, WIDTH, moments);
  const spec = specOf(layers);
  const network = describeNetwork(buildArchitecture(spec));
  const all: SchemeRun[] = [];
  for (const { scheme } of SCHEMES) {
    const draw = drawsOfPlan(network, { model: spec, seed: 0, scheme }, kernels);
    const values = draw(seed);
    const start: Weights = Object.fromEntries(
      net.shapes.map(({ name }) => [name, values.get(name)!]),
    );
    const fastest = await fastestOf(
      (index, most) => stepsToLearn(net, start, gridRate(TOP, index), most),
      guess.get(scheme) ?? 14,
      MOST,
    );
    says(
      `${spec}, ${scheme}, seed ${seed}: ${fastest === null ? 'nothing learns' : `${fastest.steps} steps`}`,
    );
    all.push({ layers, scheme, seed, fastest });
  }
  await net.close();
  return all;
}

/** Learning time against depth: Fig. 4 and 6A of Saxe et al., with modes apart and with all of MNIST. */
export async function learningTime(run: EvidenceRun): Promise<Evidence> {
  const results = openResults('learning-time');
  let moments: SecondMoments | null = null;
  const momentsOf = async (): Promise<SecondMoments> => {
    moments ??= await secondMoments(run.images('mnist', 'train'), EXAMPLES);
    return moments;
  };
  let modes: Modes | null = null;
  const modesOf = async (): Promise<Modes> => {
    modes ??= whitened(await momentsOf(), COMPONENTS);
    return modes;
  };
  const s = await results.get('strengths of the modes', async () => (await modesOf()).s);
  const simulated: ModesRun[] = [];
  for (const layers of DEPTHS) {
    const settings = `modes ${layers} layers, u0 ${STARTS.join(' ')}, share ${SHARE}, rates ${RATES.join(' ')}`;
    const found = await results.get(settings, async () => {
      run.says(settings);
      const own = await modesOf();
      const net = await openDeepLinear(layers, NARROW, own.moments);
      const all: ModesRun[] = [];
      for (const u0 of STARTS) {
        for (const part of RATES) all.push(await simulateModes(net, own, { layers, u0, part }));
      }
      await net.close();
      return all;
    });
    simulated.push(...found);
  }
  const learned: SchemeRun[] = [];
  for (const seed of SEEDS) {
    const guess = new Map<string, number>();
    for (const layers of DEPTHS.filter((own) => seedsOf(own).includes(seed))) {
      for (const { scheme, fastest } of learned.filter((own) => own.layers === layers)) {
        if (fastest !== null) guess.set(scheme, fastest.index);
      }
      const settings = `mnist ${specOf(layers)}, half squared error ${GOAL}, at most ${MOST} steps, seed ${seed}`;
      const found = await results.get(settings, async () =>
        learnSchemes({ layers, seed }, await momentsOf(), guess, run),
      );
      for (const { scheme, fastest } of found) {
        if (fastest !== null) guess.set(scheme, fastest.index + 1);
      }
      learned.push(...found.map((own) => Object.assign(own, { seed })));
    }
  }
  const caption =
    'Learning time against depth of deep linear networks: on the left modes that do not disturb each other, dots simulated, lines exact; in the middle all of MNIST at the fastest learning rate, from random orthogonal and from scaled random weights; on the right that rate.';
  const file = 'evidence-learning-time.svg';
  const panels = [modesPanel(simulated, s), timePanel(learned), ratePanel(learned)];
  return {
    earlierSeconds: results.earlier(),
    images: new Map([[file, await figure(panels, caption, { width: 1240, height: 420 })]]),
    text: [
      `MNIST, the first ${EXAMPLES} training images, pixels from 0 to 1, targets one-hot; full-batch gradient descent on their second moments. ` +
        `On one thread; the runs are kept in evidence/results/learning-time.json.`,
      verdict(simulated, learned),
      image(caption, file),
      '### Modes apart',
      `Inputs projected on their ${COMPONENTS} leading principal components and scaled to Σ11 = I, hidden layers of ${NARROW}, ten modes of strengths ${s.map(shown).join(', ')}, ` +
        `random orthogonal frames of seed ${SEED}. Learned is where the error of the modes has fallen to ${SHARE} of what it was. The exact time is that of gradient flow, in which steps are infinitely small.`,
      modesTable(simulated),
      '### All of MNIST',
      `Inputs of 784 pixels, neither centred nor whitened; hidden layers of ${WIDTH}; weights of seeds ${SEEDS.join(', ')}, at ${DEEP} layers of seed ${FIRST_SEED} alone; steps and rates are geometric means over them. Learned is where half the squared error is ${GOAL * EXAMPLES} in all, ${GOAL} an example. ` +
        `Rates are those of the sum over examples, on a grid with 19 steps in three powers of ten; all others that were tried are in the kept results.`,
      schemesTable(learned),
    ].join('\n\n'),
  };
}

const isLearned = (run: SchemeRun): run is SchemeRun & { readonly fastest: Fastest } =>
  run.fastest !== null;

const rateOf = ({ index }: Fastest): number => gridRate(TOP, index) / EXAMPLES;

const percent = (value: number): string => `${(100 * value).toPrecision(2)} %`;

function verdict(simulated: readonly ModesRun[], learned: readonly SchemeRun[]): string {
  const off = (part: number): string => {
    const own = simulated.filter((run) => run.part === part);
    const most = Math.max(...own.map(({ measured, theory }) => Math.abs(measured - theory)));
    const deep = own.filter(({ layers }) => layers >= 8);
    const share = Math.max(...deep.map(({ measured, theory }) => Math.abs(measured / theory - 1)));
    return `${shown(most)} steps (${percent(share)} from 8 layers on)`;
  };
  const differences = STARTS.map((u0) => {
    const own = simulated.filter((run) => run.u0 === u0);
    return `${shown(Math.max(...own.map((run) => run.apart)))} for u₀ = ${u0}`;
  });
  const slopes = SCHEMES.map(({ scheme }) => {
    const slope = (value: (fastest: Fastest) => number): number =>
      slopeOf(meansOf(learned, scheme, value).filter(([layers]) => layers >= 8));
    const [time, rate] = [slope(stepsOf), slope(rateOf)];
    return `${scheme}: time ∝ N^${time.toFixed(2).replace('-', '−')}, fastest rate ∝ N^${rate.toFixed(2).replace('-', '−')}`;
  });
  return (
    `**Verdict:** modes apart take the exact time to ${off(0.1)} at a tenth of the optimal rate and to ${off(1)} at the optimal rate; ` +
    `at that time their strengths are those of gradient descent on single modes to ${differences.join(', ')}, in float32, whose errors grow like s/u₀. On MNIST, over the depths from 8 on, ${slopes.join('; ')}.`
  );
}

const depthAxis = { name: 'layers of neurons', low: 2.8, high: 110, log: true } as const;

function modesPanel(simulated: readonly ModesRun[], s: readonly number[]): Panel {
  const all = Array.from({ length: 98 }, (_, i) => i + 3);
  const optimal = (layers: number): number => saxeOptimalRate({ layers, s: s[0] });
  return {
    title: 'Modes apart: exact time and simulation',
    x: depthAxis,
    y: { name: 'steps at the optimal rate', low: 1, high: 2000, log: true },
    lines: STARTS.map((u0, i) => ({
      name: `u₀ = ${u0}`,
      tone: START_TONES[i],
      points: all.map((layers): [number, number] => [
        layers,
        exactTime(layers, s, u0, SHARE) / optimal(layers),
      ]),
    })),
    dots: STARTS.map((u0, i) => ({
      tone: START_TONES[i],
      points: simulated
        .filter((run) => run.u0 === u0 && run.part === 1)
        .map(({ layers, measured }): [number, number] => [layers, measured]),
    })),
  };
}

/** Geometric mean over the seeds that learn at a depth; `null` where not all do. */
function meanAt(
  learned: readonly SchemeRun[],
  scheme: string,
  layers: number,
  value: (fastest: Fastest) => number,
): number | null {
  const own = learned.filter((run) => run.scheme === scheme && run.layers === layers);
  const logs = own.filter(isLearned).map(({ fastest }) => Math.log(value(fastest)));
  if (logs.length < seedsOf(layers).length) return null;
  return Math.exp(logs.reduce((a, b) => a + b, 0) / logs.length);
}

/** These means by depth. */
const meansOf = (
  learned: readonly SchemeRun[],
  scheme: string,
  value: (fastest: Fastest) => number,
): [number, number][] =>
  DEPTHS.flatMap((layers): [number, number][] => {
    const mean = meanAt(learned, scheme, layers, value);
    return mean === null ? [] : [[layers, mean]];
  });

const stepsOf = ({ steps }: Fastest): number => steps;

const bySchemes = (
  learned: readonly SchemeRun[],
  value: (fastest: Fastest) => number,
): { readonly name: string; readonly tone: Tone; readonly points: [number, number][] }[] =>
  SCHEMES.map(({ scheme, tone }) => ({
    name: scheme,
    tone,
    points: learned
      .filter((run) => run.scheme === scheme)
      .filter(isLearned)
      .map(({ layers, fastest }) => [layers, value(fastest)]),
  }));

function timePanel(learned: readonly SchemeRun[]): Panel {
  const dots = bySchemes(learned, stepsOf);
  const most = Math.max(...dots.flatMap(({ points }) => points.map(([, steps]) => steps)));
  return {
    title: 'MNIST: steps at the fastest rate',
    x: depthAxis,
    y: { name: 'steps', low: 10, high: 10 ** Math.ceil(Math.log10(most)), log: true },
    lines: SCHEMES.map(({ scheme, tone }) => ({
      tone,
      thin: true,
      dash: true,
      points: meansOf(learned, scheme, stepsOf),
    })),
    dots,
  };
}

function ratePanel(learned: readonly SchemeRun[]): Panel {
  const dots = bySchemes(learned, rateOf);
  const rates = dots.flatMap(({ points }) => points.map(([, rate]) => rate));
  const orthogonal = meansOf(learned, SCHEMES[0].scheme, rateOf);
  const [layers, rate] = orthogonal[orthogonal.length - 1];
  return {
    title: 'MNIST: the fastest rate',
    x: depthAxis,
    y: {
      name: 'learning rate, of sums',
      low: 10 ** Math.floor(Math.log10(Math.min(...rates))),
      high: 10 ** Math.ceil(Math.log10(Math.max(...rates, (rate * layers) / 3))),
      log: true,
    },
    lines: [
      {
        name: '∝ 1/layers',
        tone: 'grey',
        dash: true,
        points: [3, 100].map((at) => [at, (rate * layers) / at]),
      },
    ],
    dots: dots.map(({ tone, points }) => ({ tone, points })),
  };
}

function modesTable(simulated: readonly ModesRun[]): string {
  const head = ['layers', ...STARTS.flatMap((u0) => [`u₀ = ${u0}: exact`, 'rate 0.1', 'rate 1'])];
  const rows = DEPTHS.map((layers) =>
    [`${layers}`].concat(
      STARTS.flatMap((u0) => {
        const own = simulated.filter((run) => run.layers === layers && run.u0 === u0);
        const exact = own.find(({ part }) => part === 1)!.theory;
        return [exact, ...own.map(({ measured, part }) => measured * part)].map(shown);
      }),
    ),
  );
  return `${markdownTable(head, rows)}\n\nSteps in units of those at the optimal rate 1/λ₁; simulated at a tenth of it and at the whole.`;
}

function schemesTable(learned: readonly SchemeRun[]): string {
  const head = ['layers', ...SCHEMES.flatMap(({ scheme }) => [`${scheme}: steps`, 'rate'])];
  const rows = DEPTHS.map((layers) =>
    [`${layers}`].concat(
      SCHEMES.flatMap(({ scheme }) => {
        const steps = meanAt(learned, scheme, layers, stepsOf);
        const rate = meanAt(learned, scheme, layers, rateOf);
        if (steps === null || rate === null) return [`> ${MOST}`, '–'];
        return [shown(steps), rate.toExponential(1).replace('e-', 'e−')];
      }),
    ),
  );
  return markdownTable(head, rows);
}
