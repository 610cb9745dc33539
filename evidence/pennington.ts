import { activation } from '../src/activation/index.ts';
import { chi1At, varianceMap, type WeightLaw } from '../src/meanfield/index.ts';
import { figure } from '../src/report/theory/figure.ts';
import { comparedTable } from './compared-table.ts';
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
import { image } from './section.ts';
import { spectrumPanel } from './spectrum-panel.ts';
import { verdictOf } from './verdict.ts';

const DEPTHS = [2, 8, 32, 128] as const;
const WIDTH = 400;
const SEEDS = [1, 2, 3, 4] as const;
/** The second moments of the pre-activations; σw² and σb² are those at which it stays and χ₁ = 1. */
const NETWORKS = [
  { name: 'linear', q: 1 },
  { name: 'relu', q: 1 },
  { name: 'hard_tanh', q: 0.25 },
] as const;
const WEIGHTS: readonly WeightLaw[] = ['gaussian', 'orthogonal'];

function chainOf(name: string, q: number, weights: WeightLaw, depth: number): Chain {
  const phi = activation(name);
  const sigmaW2 = 1 / chi1At(phi, 1, q);
  const rest = q - varianceMap(phi, { sigmaW2, sigmaB2: 0 }, q);
  const sigmaB2 = rest > 1e-12 ? rest : 0;
  return { activation: name, weights, width: WIDTH, depth, sigmaW2, sigmaB2, q };
}

/** The spectra of Pennington et al. by depth: linear, ReLU and hard tanh, Gaussian and orthogonal weights, critical. */
export async function pennington({ kernels, says }: EvidenceRun): Promise<Evidence> {
  const images = new Map<string, string>();
  const parts: string[] = [];
  const all: ComparedChain[] = [];
  for (const { name, q } of NETWORKS) {
    for (const weights of WEIGHTS) {
      const row: ComparedChain[] = [];
      for (const depth of DEPTHS) {
        says(`${name}, ${weights}, ${depth} layers`);
        const chain = chainOf(name, q, weights, depth);
        row.push(compareChain(chain, await measureChain(chain, SEEDS, drawsOf(chain, kernels))));
      }
      all.push(...row);
      const [{ chain }] = row;
      const biases =
        chain.sigmaB2 > 0 ? `, biases of variance ${chain.sigmaB2.toPrecision(4)}` : '';
      const file = `evidence-pennington-${name.replace('_', '-')}-${weights}.svg`;
      const caption = `Singular values of the Jacobian of ${DEPTHS.join(', ')} layers, ${name}, ${weights} weights: bars measured, line theory.`;
      const hasPicture = row.some(({ law }) => law.density.s.length > 0);
      if (hasPicture) {
        const panels = row.map((one) =>
          spectrumPanel(one, `${name}, ${weights}, L = ${one.chain.depth}`),
        );
        images.set(file, await figure(panels, caption, { width: 1360, height: 400 }));
      }
      parts.push(
        `### ${name}, ${weights}`,
        `\`${specOf({ ...chain, depth: 128 })}\` and shallower, scheme \`${schemeOf(chain)}\`${biases}.` +
          (hasPicture ? '' : ' All singular values are the same, so there is nothing to draw.'),
        ...(hasPicture ? [image(caption, file)] : []),
        comparedTable(row, (one) => `L = ${one.chain.depth}`),
      );
    }
  }
  const lines = all.flatMap(({ chain, lines: own }) =>
    own.map((line) =>
      Object.assign({ where: `${chain.activation}, ${chain.weights}, L = ${chain.depth}` }, line),
    ),
  );
  const text = [
    `${WIDTH} units in every layer, Jacobians ${WIDTH} × ${WIDTH} of the last activations with respect to one Gaussian ` +
      `input, weights of the seeds ${SEEDS.join(', ')}.`,
    verdictOf(lines),
    ...parts,
  ].join('\n\n');
  return { images, text };
}
