import { figure, type Panel, type Tone } from '../src/report/theory/figure.ts';
import {
  commandOf,
  curve,
  firstStep,
  lastMean,
  learn,
  type Learned,
  type Learner,
} from './learner.ts';
import { openResults } from './results.ts';
import type { Evidence, EvidenceRun } from './run.ts';
import { image, markdownTable } from './section.ts';
import { shown } from './verdict.ts';

const DEPTH = 200;
const [BATCH, STEPS, SEED] = [64, 500, 0] as const;
const RATES = [3e-5, 1e-4, 3e-4, 1e-3] as const;
/** Steps over which curves are averaged, and the accuracy from which a network counts as having learned. */
const [WINDOW, LEARNED] = [20, 0.9] as const;

interface Case {
  readonly name: string;
  readonly tone: Tone;
  readonly model: string;
  readonly scheme?: string;
}

const CASES: readonly Case[] = [
  {
    name: 'CReLU, looks-linear',
    tone: 'blue',
    model: `mlp:784-32x${DEPTH}-10:crelu`,
    scheme: 'looks_linear',
  },
  {
    name: 'CReLU, He',
    tone: 'violet',
    model: `mlp:784-32x${DEPTH}-10:crelu`,
    scheme: 'he_normal',
  },
  { name: 'ReLU, He', tone: 'orange', model: `mlp:784-64x${DEPTH}-10:relu`, scheme: 'he_normal' },
  {
    name: 'ReLU, orthogonal',
    tone: 'red',
    model: `mlp:784-64x${DEPTH}-10:relu`,
    scheme: `orthogonal(gain=${Math.SQRT2})`,
  },
  {
    name: 'residual, batch norm',
    tone: 'green',
    model: `mlp:784-64x${DEPTH}-10:batchnorm:residual:0.1:relu`,
    scheme: 'he_normal',
  },
];

interface Tried {
  readonly learner: Learner;
  readonly learned: Learned;
}

interface Found {
  readonly own: Case;
  readonly tried: readonly Tried[];
  /** That which was right most often at the end. */
  readonly best: Tried;
}

const endOf = ({ learned }: Tried): number => lastMean(learned.accuracy, WINDOW) ?? 0;

/** Plain ReLU networks of 200 layers after Balduzzi et al.: looks-linear beside He and orthogonal, and a residual network. */
export async function looksLinear(run: EvidenceRun): Promise<Evidence> {
  const results = openResults('looks-linear');
  const found: Found[] = [];
  for (const own of CASES) {
    const tried: Tried[] = [];
    for (const rate of RATES) {
      const { model, scheme } = own;
      const learner: Learner = {
        model,
        data: 'mnist',
        ...(scheme === undefined ? {} : { scheme }),
        optimizer: 'adam',
        rate,
        batch: BATCH,
        steps: STEPS,
        seed: SEED,
      };
      const learned = await results.get(commandOf(learner), () => learn(learner, run));
      tried.push({ learner, learned });
      run.says(`${own.name}, rate ${rate}: ${endOf(tried[tried.length - 1]).toFixed(3)}`);
    }
    const best = tried.reduce((a, b) => (endOf(b) > endOf(a) ? b : a));
    found.push({ own, tried, best });
  }
  const caption = `Training accuracy and loss of networks of ${DEPTH} layers on MNIST over the steps, each at the best of ${RATES.length} learning rates: looks-linear, He and orthogonal weights without shortcuts, and a residual network with batch normalisation.`;
  const file = 'evidence-looks-linear.svg';
  const panels = [panelOf(found, 'accuracy'), panelOf(found, 'loss')];
  return {
    images: new Map([[file, await figure(panels, caption, { width: 1100, height: 460 })]]),
    text: [
      `MNIST, cross-entropy, Adam, batches of ${BATCH}, ${STEPS} steps, seed ${SEED}, every network at the learning rates ${RATES.map(shown).join(', ')}. ` +
        `Accuracy is that of the training batches, each before its step, over the last ${WINDOW} of them; the picture has the best rate of each. ` +
        `The runs took ${results.seconds().toFixed(0)} s of processor time on one thread; they are kept in evidence/results/looks-linear.json.`,
      `**Verdict:** ${verdictOf(found)}`,
      image(caption, file),
      tableOf(found),
      'The runs of the picture on the command line:',
      `\`\`\`console\n${found.map(({ best }) => `$ ${commandOf(best.learner)}`).join('\n')}\n\`\`\``,
    ].join('\n\n'),
  };
}

function verdictOf(found: readonly Found[]): string {
  const [good, bad] = [true, false].map((isGood) =>
    found.filter(({ best }) => endOf(best) > LEARNED === isGood),
  );
  const listed = (all: readonly Found[]): string =>
    all.map(({ own, best }) => `${own.name} (${endOf(best).toFixed(3)})`).join(', ');
  return [
    good.length === 0 ? '' : `Above ${LEARNED} after ${STEPS} steps: ${listed(good)}.`,
    bad.length === 0 ? '' : `Not so at any of the rates: ${listed(bad)}.`,
  ]
    .filter((part) => part !== '')
    .join(' ');
}

function panelOf(found: readonly Found[], what: 'accuracy' | 'loss'): Panel {
  return {
    title: what === 'accuracy' ? `${DEPTH} layers, training accuracy` : 'training loss',
    x: { name: 'steps', low: 0, high: STEPS },
    y:
      what === 'accuracy'
        ? { name: 'accuracy', low: 0, high: 1 }
        : { name: 'cross-entropy', low: 0, high: 3 },
    lines: found.map(({ own, best }) => ({
      name: what === 'accuracy' ? own.name : undefined,
      tone: own.tone,
      points: curve(best.learned[what], WINDOW),
    })),
  };
}

function tableOf(found: readonly Found[]): string {
  const head = [
    'network, weights',
    ...RATES.map((rate) => `η = ${shown(rate)}`),
    `steps to ${LEARNED}`,
    'test',
  ];
  return markdownTable(
    head,
    found.map(({ own, tried, best }) =>
      [`${own.name}, \`${own.model}\``].concat(
        tried.map((one) => (one.learned.test === null ? 'diverged' : endOf(one).toFixed(3))),
        `${firstStep(best.learned.accuracy, WINDOW, (mean) => mean > LEARNED) ?? '–'}`,
        best.learned.test === null ? '–' : best.learned.test.toFixed(3),
      ),
    ),
  );
}
