import { Command, Option } from 'commander';
import type { SpectrumOptions } from '../../theory/run-spectrum.ts';
import {
  activationOption,
  numberOption,
  outputOptions,
  sigmaB2Option,
  sigmaW2Option,
} from './options.ts';

const HELP = `
The Jacobian is that of the last pre-activations, through φ', with respect to the input; all layers are as wide.
Where the variances come from: both options: those, at the fixed point q*; --q: the critical ones at this q*;
one of the variances: the other one is made critical; none: --q 1.
--json: { sigmaW2, sigmaB2, qStar, sMax, sMin, mean, variance, deciles, atoms, density: { s, rho } }. sMax, sMin,
deciles, the s of atoms and of the density are singular values of J; mean and variance are those of
the eigenvalues of J Jᵀ. An atom { s, mass } is a share of equal singular values.

Examples:
  $ stepzero theory spectrum --activation tanh --weights orthogonal --depth 32 --q 0.05
  $ stepzero theory spectrum --activation relu --weights gaussian --depth 8 --svg spectrum.svg
  $ stepzero theory spectrum --activation gelu --weights gaussian --depth 50 --sigma-w2 2 --sigma-b2 0.1 --json`;

/** `stepzero theory spectrum`: singular values of the Jacobian of a deep network. */
export function spectrumCommand(): Command {
  const command = new Command('spectrum')
    .description('the singular values of the Jacobian from the input to the last layer')
    .addOption(activationOption())
    .addOption(
      new Option('--weights <KIND>', 'independent Gaussian weights, or orthogonal ones')
        .choices(['gaussian', 'orthogonal'])
        .default('gaussian'),
    )
    .addOption(numberOption('depth', 'layers (required)').makeOptionMandatory())
    .addOption(sigmaW2Option())
    .addOption(sigmaB2Option())
    .addOption(numberOption('q', 'q* on the edge of chaos').conflicts(['sigmaW2', 'sigmaB2']))
    .addOption(numberOption('points', 'points of the density').default(600));
  for (const option of outputOptions('the density of the singular values')) {
    command.addOption(option);
  }
  return command.addHelpText('after', HELP).action(async (options: SpectrumOptions) => {
    const { runSpectrum } = await import('../../theory/run-spectrum.ts');
    await runSpectrum(options);
  });
}
