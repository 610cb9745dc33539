import { figure } from '../src/report/theory/figure.ts';
import {
  compareChain,
  drawsOf,
  measureChain,
  schemeOf,
  specOf,
  type Chain,
  type ComparedChain,
} from './chain.ts';
import type { Evidence, EvidenceRun } from './run.ts';
import { comparedTable } from './compared-table.ts';
import { image } from './section.ts';
import { spectrumPanel } from './spectrum-panel.ts';
import { verdictOf } from './verdict.ts';

const GAINS = [0.9, 1, 1.1] as const;
/** Second moments of the first pre-activations. */
const SECOND_MOMENTS = [0.1, 1, 10] as const;
const [WIDTH, DEPTH] = [1000, 100] as const;
const SEED = 1;

const chainOf = (gain: number, q: number): Chain => ({
  activation: 'tanh',
  weights: 'orthogonal',
  width: WIDTH,
  depth: DEPTH,
  sigmaW2: gain * gain,
  sigmaB2: 0,
  q,
});

/** Fig. 7 of Saxe et al.: the Jacobian of 100 layers of 1000 tanh units with random orthogonal weights times g. */
export async function saxe({ kernels, says }: EvidenceRun): Promise<Evidence> {
  const images = new Map<string, string>();
  const parts: string[] = [];
  const all: ComparedChain[] = [];
  for (const gain of GAINS) {
    const draw = drawsOf(chainOf(gain, 1), kernels);
    const row: ComparedChain[] = [];
    for (const q of SECOND_MOMENTS) {
      says(`g = ${gain}, q = ${q}`);
      const chain = chainOf(gain, q);
      row.push(compareChain(chain, await measureChain(chain, [SEED], draw)));
    }
    all.push(...row);
    const file = `evidence-saxe-${gain}.svg`;
    const panels = row.map((compared) =>
      spectrumPanel(compared, `g = ${gain}, q¹ = ${compared.chain.q}`),
    );
    const caption = `Singular values of the Jacobian of 100 layers of 1000 tanh units, g = ${gain}, for three input variances: bars measured, line theory.`;
    images.set(file, await figure(panels, caption, { width: 1200, height: 400 }));
    parts.push(
      `### g = ${gain}`,
      image(caption, file),
      comparedTable(row, ({ chain }) => `q¹ = ${chain.q}`),
    );
  }
  const lines = all.flatMap(({ chain, lines: own }) =>
    own.map((line) =>
      Object.assign({ where: `g = ${Math.sqrt(chain.sigmaW2)}, q¹ = ${chain.q}` }, line),
    ),
  );
  const [first] = all;
  const text = [
    `Network \`${specOf(first.chain)}\`, scheme \`${schemeOf(chainOf(1, 1)).replace('=1', '=g')}\`, no biases, ` +
      `Jacobian ${first.measured.rows} × ${first.measured.cols} of the last activations with respect to one Gaussian ` +
      `input, weights of seed ${SEED}, the same for all.`,
    verdictOf(lines),
    ...parts,
  ].join('\n\n');
  return { images, text };
}
