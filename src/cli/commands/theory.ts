import { Command } from 'commander';
import { cmapCommand } from './theory/cmap.ts';
import { criticalCommand } from './theory/critical.ts';
import { diagramCommand } from './theory/diagram.ts';
import { gainCommand } from './theory/gain.ts';
import { pointCommand } from './theory/point.ts';
import { saxeCommand } from './theory/saxe.ts';
import { shapeCommand } from './theory/shape.ts';
import { spectrumCommand } from './theory/spectrum.ts';

const HELP = `
Every number is that of the limit of many units per layer, with weights of variance σw² / fan_in and biases of
variance σb²: σw² is the square of a framework's gain, so He's initialization is --sigma-w2 2, LeCun's
--sigma-w2 1. An activation is a name, a name with its parameter, or a module of your own:

  // mine.ts: the function, and if you have it its derivative
  export const f = (x: number): number => x / (1 + x * x);
  export const df = (x: number): number => (1 - x * x) / (1 + x * x) ** 2;

Examples:
  $ stepzero theory gain --activation gelu
  $ stepzero theory point --activation tanh --sigma-w2 1.69 --sigma-b2 0.09
  $ stepzero theory critical --activation tanh --sigma-b2 0.05 --svg edge.svg
  $ stepzero theory spectrum --activation tanh --weights orthogonal --depth 32 --q 0.05
  $ stepzero theory cmap --activation relu --c 0,0.5 --depth 50
  $ stepzero theory diagram --activation tanh --svg diagram.svg
  $ stepzero theory saxe --layers 3 --s 1 --u0 0.001 --uf 0.999
  $ stepzero theory shape --activation tanh --method dks --depth 50

stepzero theory COMMAND --help says more. With --json, a number that is infinite or does not exist is null.`;

/** `stepzero theory`: what can be said before anything is run. */
export function theoryCommand(): Command {
  const command = new Command('theory')
    .description(
      'say what initial weights do to signals and gradients, for any activation, before anything is run',
    )
    .addHelpText('after', HELP);
  for (const below of [
    gainCommand(),
    pointCommand(),
    criticalCommand(),
    spectrumCommand(),
    cmapCommand(),
    diagramCommand(),
    saxeCommand(),
    shapeCommand(),
  ]) {
    command.addCommand(below);
  }
  return command;
}
