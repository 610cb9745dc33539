import type { Graph } from '../../graph/index.ts';
import {
  networkSkeleton,
  type Joint,
  type PassedKind,
  type Skeleton,
} from '../../network/index.ts';
import { checkShortcutWeight, type MapNetwork, type MapNode } from './map-network.ts';

/** How to read a graph for shaping. */
export interface GraphNetworkOptions {
  /** `w` of `w x + √(1 - w²) f(x)` at every residual sum; √½, equal parts, if not given. */
  readonly shortcutWeight?: number;
}

/** What a graph does to correlations, and what had to be assumed. */
export interface GraphNetwork {
  readonly network: MapNetwork;
  /** The activations that shaping replaces, by name, with their numbers. */
  readonly activations: readonly { readonly name: string; readonly count: number }[];
  /** What was assumed, in sentences. */
  readonly notes: readonly string[];
}

/**
 * The map network of a graph: every activation with a layer after it is one call of the local map, residual
 * sums are to be weighted by `w²` and `1 - w²`, other sums equally, concatenations by their channels.
 * Layers, rearrangements and means leave a correlation as it is. `RangeError` where no activation is left.
 */
export function graphNetwork(graph: Graph, options: GraphNetworkOptions = {}): GraphNetwork {
  const { shortcutWeight = Math.SQRT1_2 } = options;
  checkShortcutWeight('graphNetwork', shortcutWeight);
  const skeleton = networkSkeleton(graph);
  const nodes = skeleton.joints.map((joint) => nodeOf(joint, shortcutWeight));
  const counts = new Map<string, number>();
  for (const joint of skeleton.joints) {
    if (joint.kind !== 'activation') continue;
    counts.set(joint.activation, (counts.get(joint.activation) ?? 0) + 1);
  }
  if (counts.size === 0) {
    const cells = skeleton.passed
      .filter(({ kind }) => kind === 'cell')
      .map(({ operator }) => operator);
    throw new RangeError(
      `graphNetwork: the network must have an activation with a layer after it, got none in ` +
        `${graph.name}${cells.length === 0 ? '' : `; those inside ${[...new Set(cells)].join(', ')} cannot be replaced`}`,
    );
  }
  return {
    network: { nodes, outputs: skeleton.outputs },
    activations: [...counts].map(([name, count]) => ({ name, count })),
    notes: notesOn(skeleton, shortcutWeight),
  };
}

function nodeOf(joint: Joint, w: number): MapNode {
  if (joint.kind === 'input') return { kind: 'input' };
  if (joint.kind === 'activation') return { kind: 'activation', from: joint.from, calls: 1 };
  if (joint.kind === 'concat') {
    const sizes = joint.sizes ?? joint.from.map(() => 1);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    return { kind: 'sum', from: joint.from, shares: sizes.map((size) => size / total) };
  }
  const count = joint.branches.filter((isBranch) => isBranch).length;
  const others = joint.branches.length - count;
  const shares = joint.branches.map((isBranch) => {
    if (count === 0 || others === 0) return 1 / joint.branches.length;
    return isBranch ? (1 - w * w) / count : (w * w) / others;
  });
  return { kind: 'sum', from: joint.from, shares };
}

/** What was assumed at the places of each kind. */
const PASSED: readonly (readonly [PassedKind, (count: string) => string])[] = [
  ['sum', (count) => `${count} with a branch of layers alone must be weighted in the same way.`],
  [
    'normalisation',
    (count) =>
      `${count} must be taken out: shaping keeps second moments at 1 by itself, and holds without.`,
  ],
  ['pooling', (count) => `${count} counted as leaving correlations as they are, as a mean does.`],
  [
    'gate',
    (count) => `${count} by a gate: what the gate weighs was followed, its own activations stay.`,
  ],
  ['product', (count) => `${count} of two signals: the first was followed.`],
  [
    'attention',
    (count) =>
      `${count} of attention: the values were followed, and the weights counted as constant.`,
  ],
  ['cell', (count) => `${count} counted as linear: the activations inside the cells stay.`],
];

function notesOn({ joints, passed }: Skeleton, w: number): string[] {
  const notes: string[] = [];
  const sums = joints.filter((joint) => joint.kind === 'sum');
  const residual = sums.filter((joint) => joint.branches.includes(true)).length;
  if (residual > 0) {
    notes.push(
      `${counted(residual, 'residual sum')} must be weighted: ${short(w)} · shortcut + ` +
        `${short(Math.sqrt(1 - w * w))} · branch.`,
    );
  }
  if (sums.length > residual) {
    notes.push(
      `${counted(sums.length - residual, 'other sum')} must be scaled to keep the second moment: ` +
        `1/√n for n terms.`,
    );
  }
  const unknown = joints.filter((joint) => joint.kind === 'concat' && joint.sizes === null).length;
  if (unknown > 0) {
    notes.push(`${counted(unknown, 'concatenation')} of unknown sizes counted as equal parts.`);
  }
  for (const [kind, sentence] of PASSED) {
    const found = passed.filter((place) => place.kind === kind);
    if (found.length === 0) continue;
    const operators = [...new Set(found.map(({ operator }) => operator))].join(', ');
    notes.push(sentence(counted(found.length, operators)));
  }
  return notes;
}

const counted = (count: number, what: string): string =>
  /^[A-Z]/.test(what) || count === 1 ? `${count} ${what}` : `${count} ${what}s`;

const short = (x: number): string => String(Number(x.toPrecision(4)));
