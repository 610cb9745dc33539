import { activation } from '../activation/index.ts';
import type { Graph } from '../graph/index.ts';
import { elementwiseMaps } from './elementwise.ts';
import { wireSignal } from './latents.ts';
import { nameOf } from './sites.ts';

/** The two numbers that a bounded function approaches for `x → -∞` and `x → ∞`, the smaller first. */
export interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** A function that changes by less than this share of its range from 7 to 8 has levelled off. */
const LEVEL = 1e-3;

/**
 * The bounds of a value of a graph as a function of what it is computed from element by element, `null` where it
 * does not have two different ones.
 */
export function activationBounds(graph: Graph): (value: string) => Bounds | null {
  const maps = elementwiseMaps(wireSignal(graph), new Set());
  return (value) => {
    const map = maps.get(value);
    if (map === undefined || !map.samples.every(Number.isFinite)) return null;
    const name = nameOf(map.samples);
    return name === 'custom' ? levelsOf(map.samples) : saturationOf(name);
  };
}

function saturationOf(name: string): Bounds | null {
  const { low, high } = activation(name).saturates;
  if (low === null || high === null || low === high) return null;
  return { low: Math.min(low, high), high: Math.max(low, high) };
}

/** The levels at both ends of a function without a name, from its samples on -8 … 8. */
function levelsOf(samples: Float64Array): Bounds | null {
  const first = samples[0];
  const last = samples[samples.length - 1];
  const range = Math.abs(last - first);
  const low = Math.min(first, last);
  const high = Math.max(first, last);
  const slack = LEVEL * range;
  const isLevel =
    Math.abs(samples[16] - first) <= slack &&
    Math.abs(samples[samples.length - 17] - last) <= slack;
  const isBetween = samples.every((y) => y >= low - slack && y <= high + slack);
  return range > 0 && isLevel && isBetween ? { low, high } : null;
}
