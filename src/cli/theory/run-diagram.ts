import { phaseDiagram, type PhaseDiagram } from '../../meanfield/index.ts';
import { diagramChart, diagramLines } from '../../report/index.ts';
import { UsageError } from '../failure.ts';
import { rangeAround } from './edge.ts';
import { checkPicture, printResult, type OutputOptions } from './print-result.ts';
import { readActivation } from './read-activation.ts';

/** Options of `theory diagram`. */
export interface DiagramOptions extends OutputOptions {
  readonly activation: string;
  readonly range?: readonly [[number, number], [number, number]];
  readonly grid: number;
}

/** More points than this along a side make no better picture. */
const FINEST = 1000;

/** Draws order and chaos over both variances. */
export async function runDiagram(given: DiagramOptions): Promise<void> {
  const { activation, grid, svg, json } = given;
  if (svg === undefined && json !== true) {
    throw new UsageError('theory diagram: one of --svg and --json must be given, got none');
  }
  if (!Number.isInteger(grid) || grid < 2 || grid > FINEST) {
    throw new RangeError(
      `theory diagram: grid must be a whole number from 2 to ${FINEST}, got ${grid}`,
    );
  }
  checkPicture(given);
  const phi = await readActivation(activation);
  const [sigmaW2, sigmaB2] = given.range ?? rangeAround(phi);
  const diagram = phaseDiagram(phi, { sigmaW2, sigmaB2, columns: grid, rows: grid });
  await printResult(
    {
      json: asLists(diagram),
      lines: (options) => diagramLines(diagram, activation, options),
      picture: () => diagramChart(diagram, activation),
    },
    given,
  );
}

/** The diagram with a list per row, as JSON holds it. */
function asLists(diagram: PhaseDiagram): object {
  const { sigmaW2, sigmaB2, qStar, chi1, cStar, xiC, edge } = diagram;
  const rows = (values: ArrayLike<number>): number[][] =>
    Array.from(sigmaB2, (_, i) => Array.from(sigmaW2, (__, j) => values[i * sigmaW2.length + j]));
  return {
    sigmaW2: Array.from(sigmaW2),
    sigmaB2: Array.from(sigmaB2),
    qStar: rows(qStar),
    chi1: rows(chi1),
    cStar: rows(cStar),
    xiC: rows(xiC),
    edge,
  };
}
