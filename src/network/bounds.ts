import { activation } from '../activation/index.ts';
import type { Graph } from '../graph/index.ts';
import { elementwiseMaps } from './elementwise.ts';
import { wireSignal } from './latents.ts';
import { activationSites, type ActivationSite } from './sites.ts';

/** The two numbers that a bounded function approaches for `x → -∞` and `x → ∞`, the smaller first. */
export interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** A function that changes by less than this share of its range from 7 to 8 has levelled off. */
const LEVEL = 1e-3;

/** The bounds of the activations of a graph that have two different ones, by the value that they make. */
export function activationBounds(graph: Graph): ReadonlyMap<string, Bounds> {
  const wiring = wireSignal(graph);
  const bounds = new Map<string, Bounds>();
  for (const [value, site] of activationSites(wiring, elementwiseMaps(wiring, new Set()))) {
    const found = site.name === 'custom' ? levelsOf(site.samples) : saturationOf(site);
    if (found !== null) bounds.set(value, found);
  }
  return bounds;
}

function saturationOf({ name }: ActivationSite): Bounds | null {
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
