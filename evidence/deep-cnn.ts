import { figure, type Panel, type Tone } from '../src/report/theory/figure.ts';
import {
  commandOf,
  curve,
  firstStep,
  lastMean,
  learn,
  smoothed,
  type Learned,
  type Learner,
} from './learner.ts';
import { openResults } from './results.ts';
import type { Evidence, EvidenceRun } from './run.ts';
import { image, markdownTable } from './section.ts';
import { shown } from './verdict.ts';

const [BATCH, SEED, CHANNELS] = [16, 0, 8] as const;
/** The learning rate is this over the depth. */
const RATE = 0.04;
const STEPS = 1500;
/** Steps over which curves are averaged, and the accuracy from which a network counts as having learned. */
const [WINDOW, LEARNED] = [50, 0.9] as const;
/** The features have the size √q* of the critical point; so large a head brings its outputs to a size of about 1. */
const HEAD = 'fc.weight=normal(std=0.5)';

interface Scheme {
  readonly name: string;
  readonly tone: Tone;
  readonly scheme?: string;
}

/** Without a name the plan of `advise`: delta-orthogonal just above the edge of chaos. */
const SCHEMES: readonly Scheme[] = [
  { name: 'delta-orthogonal', tone: 'blue' },
  { name: 'Glorot', tone: 'orange', scheme: 'glorot_normal' },
  { name: 'He', tone: 'red', scheme: 'he_normal' },
];

/** Depths with the steps of the networks that are not expected to learn. */
const DEPTHS = [
  { depth: 100, others: STEPS },
  { depth: 1000, others: 300 },
  { depth: 10_000, others: 20 },
] as const;

interface Found {
  readonly own: Scheme;
  readonly depth: number;
  readonly learner: Learner;
  readonly learned: Learned;
}

/** All that are trained, depth by depth. */
export function learners(): readonly Omit<Found, 'learned'>[] {
  return DEPTHS.flatMap(({ depth, others }) =>
    SCHEMES.map((own) => {
      const { scheme } = own;
      const named = scheme === undefined ? {} : { scheme };
      const learner: Learner = Object.assign(
        {
          model: `vanilla:${depth}-${CHANNELS}:flatten`,
          data: 'mnist',
          set: [HEAD],
          optimizer: 'adam' as const,
          rate: RATE / depth,
          isCosine: true,
          batch: BATCH,
          steps: scheme === undefined ? STEPS : others,
          seed: SEED,
          isUnexamined: scheme !== undefined && depth === 10_000,
        },
        named,
      );
      return { own, depth, learner };
    }),
  );
}

/** Fig. 1 of Xiao et al.: plain tanh networks of convolutions of 100 to 10,000 layers learn MNIST. */
export async function deepCnn(run: EvidenceRun): Promise<Evidence> {
  const results = openResults('deep-cnn');
  const found: Found[] = [];
  for (const { own, depth, learner } of learners()) {
    run.says(`${depth} layers, ${own.name}`);
    const learned = await results.get(commandOf(learner), () => learn(learner, run));
    found.push({ own, depth, learner, learned });
  }
  const caption = `Training accuracy of plain tanh networks of convolutions of ${DEPTHS.map(({ depth }) => depth).join(', ')} layers on MNIST over the steps: delta-orthogonal weights as advised, Glorot and He.`;
  const file = 'evidence-deep-cnn.svg';
  const panels = DEPTHS.map(({ depth }, i) =>
    panelOf(
      depth,
      found.filter((one) => one.depth === depth),
      i === 0,
    ),
  );
  return {
    images: new Map([[file, await figure(panels, caption, { width: 1360, height: 440 })]]),
    text: [
      `\`vanilla:L-${CHANNELS}:flatten\`: three convolutions with strides 1, 2, 2, then L of ${CHANNELS} channels at 7×7, tanh, no shortcut and no normalisation; the head reads all places. ` +
        `Cross-entropy, Adam with rate ${RATE}/L along half a cosine, batches of ${BATCH}, seed ${SEED}, heads of standard deviation 0.5 for all. ` +
        `Accuracy is that of the training batches, each before its step, over ${WINDOW} of them, ${WINDOW * BATCH} images that the network sees for the first time. ` +
        `The runs took ${results.seconds().toFixed(0)} s of processor time on one thread; they are kept in evidence/results/deep-cnn.json.`,
      `**Verdict:** ${verdictOf(found)}`,
      image(caption, file),
      tableOf(found),
      'On the command line:',
      `\`\`\`console\n${found.map(({ learner }) => `$ ${commandOf(learner)}`).join('\n')}\n\`\`\``,
    ].join('\n\n'),
  };
}

const endOf = ({ learned }: Found): number | null =>
  learned.gradientNorm.at(-1) === null ? null : lastMean(learned.accuracy, WINDOW);

/** The highest mean over a window, over all steps where they are fewer than it has. */
const highestOf = ({ learned: { accuracy } }: Found): number =>
  Math.max(...smoothed(accuracy, Math.min(WINDOW, accuracy.length)).map(([, mean]) => mean));

function verdictOf(found: readonly Found[]): string {
  const said = (all: readonly Found[]): string =>
    all
      .map((one) => {
        const end = endOf(one);
        const what =
          end === null ? 'not finite' : `${end.toFixed(3)} (at most ${highestOf(one).toFixed(3)})`;
        return `${what} at ${shown(one.depth)} layers`;
      })
      .join(', ');
  return SCHEMES.map(
    ({ name }) => `${name}: ${said(found.filter(({ own }) => own.name === name))}.`,
  ).join(' ');
}

/** Short runs are averaged over fewer steps, so that they are more than a dot. */
const windowOf = ({ accuracy }: Learned): number =>
  Math.min(WINDOW, Math.max(1, Math.floor(accuracy.length / 4)));

/** With a legend that serves the panels beside it too, or without one. */
function panelOf(depth: number, found: readonly Found[], hasLegend: boolean): Panel {
  return {
    title: `${shown(depth)} layers`,
    x: { name: 'steps', low: 0, high: STEPS },
    y: { name: 'training accuracy', low: 0, high: 1 },
    lines: [
      {
        name: hasLegend ? 'chance' : undefined,
        tone: 'grey',
        dash: true,
        points: [
          [0, 0.1],
          [STEPS, 0.1],
        ],
      },
      ...found.map(({ own, learned }) => ({
        name: hasLegend ? own.name : undefined,
        tone: own.tone,
        points: curve(learned.accuracy, windowOf(learned)),
      })),
    ],
  };
}

function tableOf(found: readonly Found[]): string {
  const head = [
    'L, weights',
    'steps',
    'accuracy',
    'highest',
    'loss',
    `steps to ${LEARNED}`,
    'test',
    '‖g‖ at step 1',
  ];
  return markdownTable(
    head,
    found.map((one) => {
      const { own, depth, learned } = one;
      const end = endOf(one);
      const loss = lastMean(learned.loss, WINDOW);
      const [norm] = learned.gradientNorm;
      return [
        `${shown(depth)}, ${own.name}`,
        `${learned.loss.length}`,
        end === null ? 'not finite' : end.toFixed(3),
        end === null ? '–' : highestOf(one).toFixed(3),
        loss === null ? '–' : loss.toFixed(3),
        `${firstStep(learned.accuracy, WINDOW, (mean) => mean > LEARNED) ?? '–'}`,
        learned.test === null ? '–' : learned.test.toFixed(3),
        norm === null ? '∞' : shown(norm),
      ];
    }),
  );
}
