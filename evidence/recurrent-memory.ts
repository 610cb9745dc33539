import { figure } from '../src/report/theory/figure.ts';
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
import type { Tone } from '../src/report/theory/figure.ts';

const [SYMBOLS, BLANKS, WIDTH] = [10, 50, 64] as const;
const LENGTH = BLANKS + 2 * SYMBOLS;
const [BATCH, STEPS, RATE, SEED] = [32, 10_000, 2e-3, 0] as const;
const WINDOW = 20;
/** The loss of a network that knows when to recall and nothing of what. */
const MEMORYLESS = (SYMBOLS * Math.log(8)) / LENGTH;
const BIAS = 'rnn.bias_l0';

interface Case {
  readonly name: string;
  readonly tone: Tone;
  readonly scheme?: string;
  readonly set?: readonly string[];
}

const CASES: readonly Case[] = [
  { name: 'forget bias 0', tone: 'red', set: [`${BIAS}=zeros`] },
  { name: 'forget bias 1 (advise)', tone: 'orange' },
  { name: 'chrono', tone: 'blue', scheme: `chrono(t_max=${LENGTH})` },
];

interface Found {
  readonly own: Case;
  readonly learner: Learner;
  readonly learned: Learned;
}

/** Sequence copying with an LSTM after Tallec & Ollivier: forget biases 0, 1 and by the times that are to be remembered. */
export async function recurrentMemory(run: EvidenceRun): Promise<Evidence> {
  const results = openResults('recurrent-memory');
  const found: Found[] = [];
  for (const own of CASES) {
    const learner: Learner = {
      model: `lstm:10-${WIDTH}-9:t${LENGTH}:every`,
      data: `copy:${SYMBOLS}:${BLANKS}`,
      ...(own.scheme === undefined ? {} : { scheme: own.scheme }),
      ...(own.set === undefined ? {} : { set: own.set }),
      optimizer: 'adam',
      rate: RATE,
      clip: 1,
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
  const caption = `Loss of an LSTM that copies ${SYMBOLS} symbols after ${BLANKS} steps, over the steps of training, with forget biases 0, 1 and chrono; dashed, the loss without memory.`;
  const file = 'evidence-recurrent-memory.svg';
  const panel = {
    title: `Copying ${SYMBOLS} symbols over ${BLANKS} steps`,
    x: { name: 'steps', low: 0, high: STEPS },
    y: { name: 'cross-entropy', low: 0, high: 2 * MEMORYLESS },
    lines: [
      {
        name: 'without memory',
        tone: 'grey' as const,
        dash: true,
        points: [
          [0, MEMORYLESS],
          [STEPS, MEMORYLESS],
        ] as const,
      },
      ...found.map(({ own, learned }) => ({
        name: own.name,
        tone: own.tone,
        points: curve(learned.loss, WINDOW),
      })),
    ],
  };
  return {
    images: new Map([[file, await figure([panel], caption, { width: 760, height: 460 })]]),
    text: [
      `\`${found[0].learner.model}\`, data \`copy:${SYMBOLS}:${BLANKS}\`: the loss without memory is ${SYMBOLS} ln 8 / ${LENGTH} = ${MEMORYLESS.toFixed(4)}. ` +
        `Adam, rate ${RATE}, gradients clipped to a norm of 1, batches of ${BATCH}, ${STEPS} steps, seed ${SEED}; losses are means over ${WINDOW} steps. ` +
        `The runs took ${results.seconds().toFixed(0)} s of processor time on one thread; they are kept in evidence/results/recurrent-memory.json.`,
      `**Verdict:** ${verdictOf(found)}`,
      image(caption, file),
      tableOf(found),
      'On the command line:',
      `\`\`\`console\n${found.map(({ learner }) => `$ ${commandOf(learner)}`).join('\n')}\n\`\`\``,
    ].join('\n\n'),
  };
}

function verdictOf(found: readonly Found[]): string {
  const said = found.map(({ own, learned }) => {
    const end = lastMean(learned.loss, WINDOW);
    return `${own.name} ${end === null ? 'is not finite' : (end / MEMORYLESS).toFixed(3)}`;
  });
  return `the loss after ${STEPS} steps, as a part of that without memory: ${said.join(', ')}.`;
}

function tableOf(found: readonly Found[]): string {
  const parts = [1, 0.95, 0.9, 0.85] as const;
  const head = [
    'forget gate',
    ...parts.map((part) => `steps to ${part} of it`),
    'last loss',
    'test accuracy',
  ];
  return markdownTable(
    head,
    found.map(({ own, learned }) =>
      [own.name].concat(
        parts.map(
          (part) => `${firstStep(learned.loss, WINDOW, (mean) => mean < part * MEMORYLESS) ?? '–'}`,
        ),
        lastMean(learned.loss, WINDOW)?.toFixed(4) ?? '–',
        learned.test === null ? '–' : learned.test.toFixed(3),
      ),
    ),
  );
}
