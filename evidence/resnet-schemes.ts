import { figure, type Panel, type Tone } from '../src/report/theory/figure.ts';
import { commandOf, curve, lastMean, learn, type Learned, type Learner } from './learner.ts';
import { openResults } from './results.ts';
import type { Evidence, EvidenceRun } from './run.ts';
import { image, markdownTable } from './section.ts';
import { shown } from './verdict.ts';

const [BATCH, STEPS, RATE, MOMENTUM, SEED] = [128, 500, 0.1, 0.9, 0] as const;
const WINDOW = 20;

interface Case {
  readonly name: string;
  readonly tone: Tone;
  readonly scheme?: string;
}

/** The last scale of every branch, which the plan of `advise` sets to 0. */
const SCALES = '*.bn2.weight=ones';

/** Without a name the plan of `advise`; all others with scales of 1. */
const CASES: readonly Case[] = [
  { name: 'advise', tone: 'blue' },
  { name: 'He', tone: 'orange', scheme: 'he_normal' },
  { name: 'Glorot', tone: 'green', scheme: 'glorot_uniform' },
  { name: 'orthogonal', tone: 'violet', scheme: 'orthogonal' },
];

interface Found {
  readonly own: Case;
  readonly learner: Learner;
  readonly learned: Learned;
}

/** A residual network of 20 layers on CIFAR-10 with four schemes for its weights. */
export async function resnetSchemes(run: EvidenceRun): Promise<Evidence> {
  const results = openResults('resnet-schemes');
  const found: Found[] = [];
  for (const own of CASES) {
    const learner: Learner = {
      model: 'resnet:20',
      data: 'cifar10',
      ...(own.scheme === undefined ? {} : { scheme: own.scheme, set: [SCALES] }),
      optimizer: 'sgd',
      rate: RATE,
      momentum: MOMENTUM,
      isAugmented: true,
      batch: BATCH,
      steps: STEPS,
      seed: SEED,
    };
    run.says(own.name);
    found.push({
      own,
      learner,
      learned: await results.get(commandOf(learner), () => learn(learner, run)),
    });
  }
  const caption = `Training loss and accuracy of a residual network of 20 layers on CIFAR-10 over the steps, weights as advised, He, Glorot and orthogonal.`;
  const file = 'evidence-resnet-schemes.svg';
  const panels = [panelOf(found, 'loss'), panelOf(found, 'accuracy')];
  return {
    images: new Map([[file, await figure(panels, caption, { width: 1100, height: 460 })]]),
    text: [
      `\`resnet:20\`, CIFAR-10 moved and turned over at random, cross-entropy, gradient descent with rate ${RATE} and momentum ${MOMENTUM}, batches of ${BATCH}, ${STEPS} steps, seed ${SEED}. ` +
        `Losses and accuracies are those of the training batches, means over ${WINDOW} steps. ` +
        `The runs took ${results.seconds().toFixed(0)} s of processor time on one thread; they are kept in evidence/results/resnet-schemes.json.`,
      `**Verdict:** ${verdictOf(found)}`,
      image(caption, file),
      tableOf(found),
      'On the command line:',
      `\`\`\`console\n${found.map(({ learner }) => `$ ${commandOf(learner)}`).join('\n')}\n\`\`\``,
    ].join('\n\n'),
  };
}

function verdictOf(found: readonly Found[]): string {
  const ends = found
    .map(({ own, learned }) => ({
      name: own.name,
      loss: lastMean(learned.loss, WINDOW) ?? Infinity,
    }))
    .sort((a, b) => a.loss - b.loss);
  return `training loss after ${STEPS} steps: ${ends.map(({ name, loss }) => `${name} ${loss.toFixed(3)}`).join(', ')}. With one seed each and so few steps the order says little; that all of them learn, at a rate that none of them was made for, is what there is to see.`;
}

function panelOf(found: readonly Found[], what: 'accuracy' | 'loss'): Panel {
  return {
    title: what === 'loss' ? 'ResNet-20 on CIFAR-10, training loss' : 'training accuracy',
    x: { name: 'steps', low: 0, high: STEPS },
    y:
      what === 'loss'
        ? { name: 'cross-entropy', low: 0.5, high: 2.5 }
        : { name: 'accuracy', low: 0, high: 0.8 },
    lines: found.map(({ own, learned }) => ({
      name: what === 'loss' ? own.name : undefined,
      tone: own.tone,
      points: curve(learned[what], WINDOW),
    })),
  };
}

function tableOf(found: readonly Found[]): string {
  const marks = [20, 100, STEPS] as const;
  const head = [
    'weights',
    'loss at step 1',
    ...marks.map((mark) => `at ${mark}`),
    `accuracy at ${STEPS}`,
    'test',
  ];
  return markdownTable(
    head,
    found.map(({ own, learned }) =>
      [`${own.name}${own.scheme === undefined ? '' : `, \`${own.scheme}\``}`].concat(
        shown(learned.loss[0] ?? Number.NaN),
        marks.map((mark) => lastMean(learned.loss.slice(0, mark), WINDOW)?.toFixed(3) ?? '–'),
        lastMean(learned.accuracy, WINDOW)?.toFixed(3) ?? '–',
        learned.test === null ? '–' : learned.test.toFixed(3),
      ),
    ),
  );
}
