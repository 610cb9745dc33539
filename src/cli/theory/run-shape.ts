import type { Nonlinearity } from '../../activation/index.ts';
import {
  correlationMap,
  graphNetwork,
  networkFunction,
  plainNetwork,
  shapeActivation,
  shapedNonlinearity,
  subnetFunction,
  varianceMap,
  type GraphNetwork,
  type ShapeMethod,
} from '../../meanfield/index.ts';
import { shapeChart, shapeLines } from '../../report/index.ts';
import { UsageError } from '../failure.ts';
import { loadModel } from '../load.ts';
import { checkPicture, printResult, type OutputOptions } from './print-result.ts';
import { readActivation } from './read-activation.ts';

/** Options of `theory shape`. */
export interface ShapeOptions extends OutputOptions {
  readonly activation: string;
  readonly method: ShapeMethod;
  readonly model?: string;
  readonly depth?: number;
  readonly shortcutWeight?: number;
  readonly zeta?: number;
  readonly tau?: number;
  readonly eta?: number;
}

/** Which method and activation each target belongs to. */
const TARGETS = { zeta: 'dks', tau: 'tat', eta: 'tat' } as const;

/** Prints the shaped activation of a network. */
export async function runShape(given: ShapeOptions): Promise<void> {
  const { activation, method } = given;
  const targets: { zeta?: number; tau?: number; eta?: number } = {};
  for (const name of ['zeta', 'tau', 'eta'] as const) {
    const value = given[name];
    if (value === undefined) continue;
    if (TARGETS[name] !== method) {
      throw new UsageError(`--${name}: must stand with --method ${TARGETS[name]}, got ${method}`);
    }
    targets[name] = value;
  }
  checkPicture(given);
  const { label, network, notes } = networkOf(given);
  const phi = await readActivation(activation);
  const shaping = shapeActivation(phi, { method, network: subnetFunction(network), ...targets });
  const shaped = shapedNonlinearity(phi, shaping);
  const whole = networkFunction(network);
  const result = { ...shaping, notes: [...notes, ...shaping.notes] };
  const title = { activation, network: label };
  await printResult(
    {
      json: result,
      lines: (options) => shapeLines(result, title, options),
      picture: () => {
        const [mapBefore, mapAfter] = [localMap(phi), localMap(shaped)];
        return shapeChart(
          {
            before: samples(phi.f, -4, 4),
            after: samples(shaped.f, -4, 4),
            networkBefore: samples((c) => whole(c, mapBefore), 0, 1),
            networkAfter: samples((c) => whole(c, mapAfter), 0, 1),
          },
          shaping,
          title,
        );
      },
    },
    given,
  );
}

/** The network to shape for, what to call it, and what was assumed of it. */
function networkOf({
  model,
  depth,
  shortcutWeight,
}: ShapeOptions): Pick<GraphNetwork, 'network' | 'notes'> & { readonly label: string } {
  if (model !== undefined) {
    const { label, model: loaded } = loadModel(model);
    const options = shortcutWeight === undefined ? {} : { shortcutWeight };
    return { label, ...graphNetwork(loaded.graph, options) };
  }
  if (depth === undefined) {
    throw new UsageError('theory shape: one of --model and --depth must be given, got none');
  }
  if (shortcutWeight !== undefined) {
    throw new UsageError('--shortcut-weight: must stand with --model, got --depth');
  }
  const label = `${depth} plain ${depth === 1 ? 'layer' : 'layers'}`;
  return { label, network: plainNetwork(depth), notes: [] };
}

/** The correlation map of one layer that keeps signals at q = 1 without biases. */
function localMap(phi: Nonlinearity): (c: number) => number {
  const sigmaW2 = 1 / varianceMap(phi, { sigmaW2: 1, sigmaB2: 0 }, 1);
  const map = correlationMap(phi, { sigmaW2, sigmaB2: 0 }, 1);
  return (c) => Math.min(1, Math.max(-1, map.at(Math.min(1, Math.max(-1, c)))));
}

function samples(f: (x: number) => number, low: number, high: number): [number, number][] {
  return Array.from({ length: 201 }, (_, i) => {
    const x = low + ((high - low) * i) / 200;
    return [x, f(x)];
  });
}
