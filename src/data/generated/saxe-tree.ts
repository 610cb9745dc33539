import { fillUniform, fold, haarColumns, type Key } from '../../random/index.ts';
import { sizeOf } from '../../tensor/index.ts';
import { axesFor, numberFeed, outputShape } from '../number-feed.ts';
import { setOf } from '../set-of.ts';
import { sharesOf } from '../image-data.ts';
import { floatInput } from '../inputs.ts';
import { numberWord, wholeWord, type Generator } from './generator.ts';

/** A tree whose leaves are items. */
export interface Tree {
  /** Branchings from the root to an item. */
  readonly levels: number;
  readonly branching: number;
  /** Probability that a property changes from a node to one below it, 0 … ½. */
  readonly flip: number;
}

/** A singular value and how often it occurs. */
export interface TreeMode {
  /** 0: what all items share; k: what tells branches below nodes of level k − 1 apart. */
  readonly level: number;
  readonly value: number;
  readonly count: number;
}

/**
 * Properties of the items of a tree, ±1: the root has either with probability ½, and every node has that of the node above
 * it, changed with probability `flip`. Item by item, all properties of one after another.
 *
 * Reference: Saxe, McClelland & Ganguli 2014, section 1.3, arXiv:1312.6120; 2019, arXiv:1810.10531
 */
export function treeProperties(
  key: Key,
  { levels, branching, flip }: Tree,
  properties: number,
): Float32Array {
  let nodes = new Float32Array(properties);
  const uniforms = new Float64Array(properties);
  fillUniform(fold(key, 'root'), uniforms, 0, 1);
  uniforms.forEach((u, i) => (nodes[i] = u < 0.5 ? -1 : 1));
  for (let level = 1; level <= levels; level++) {
    const below = new Float32Array(nodes.length * branching);
    const draws = new Float64Array(below.length);
    fillUniform(fold(key, `level ${level}`), draws, 0, 1);
    for (let at = 0; at < below.length; at++) {
      const node = Math.floor(at / properties);
      const above = nodes[Math.floor(node / branching) * properties + (at % properties)];
      below[at] = draws[at] < flip ? -above : above;
    }
    nodes = below;
  }
  return nodes;
}

/**
 * The singular values of `Σ_yx = (1/P) Σ_μ y_μ x_μᵀ` for P items that are orthonormal, in the limit of many properties N:
 * `√(N λ_l) / P`, where λ_l are the eigenvalues of the correlations of items, `c_k = (1 - 2ε)^(2 (D - k))` for two whose branches
 * part below level k of D: `λ_l = 1 + Σ_(k=l…D-1) (B^(D-k) - B^(D-k-1)) c_k - B^(D-l) c_(l-1)`, the last term for l > 0.
 *
 * Reference: Saxe, McClelland & Ganguli 2014, section 1.3 and appendix, arXiv:1312.6120
 */
export function treeModes(
  { levels, branching, flip }: Tree,
  properties: number,
): readonly TreeMode[] {
  const power = (n: number): number => branching ** n;
  const items = power(levels);
  const correlation = (k: number): number => (1 - 2 * flip) ** (2 * (levels - k));
  return Array.from({ length: levels + 1 }, (_, level) => {
    let eigenvalue = level === 0 ? 1 : 1 - power(levels - level) * correlation(level - 1);
    for (let k = level; k < levels; k++) {
      eigenvalue += (power(levels - k) - power(levels - k - 1)) * correlation(k);
    }
    return {
      level,
      value: Math.sqrt(properties * Math.max(0, eigenvalue)) / items,
      count: level === 0 ? 1 : power(level) - power(level - 1),
    };
  });
}

const MOST_ITEMS = 4096;
const USUAL: Tree = { levels: 5, branching: 2, flip: 0.1 };

/** Items at the leaves of a tree, and their properties. */
export const saxeTree: Generator = {
  name: 'saxe-tree',
  form: 'saxe-tree[:LEVELS[:BRANCHING[:FLIP]]]',
  description:
    'Items at the leaves of a tree (5 levels or as many as the input has room for, branching 2) and their properties, ±1, ' +
    'which change from a node to the next with probability FLIP (0.1): one-hot items where the input is as wide as they are ' +
    'many, else orthonormal ones. Saxe et al. 2014.',
  build: (request) => {
    const { graph, key, text } = request;
    const input = floatInput(graph, 'saxe-tree');
    const axes = axesFor(input, null, 'saxe-tree');
    const width = sizeOf(axes.shape);
    const shape = outputShape(graph, 'saxe-tree');
    const properties = sizeOf(shape);
    const branching =
      wholeWord(request, 1, { what: 'BRANCHING', low: 2, high: MOST_ITEMS }) ?? USUAL.branching;
    const fitting = Math.floor(Math.log(width) / Math.log(branching) + 1e-9);
    const levels =
      wholeWord(request, 0, { what: 'LEVELS', low: 1, high: 12 }) ??
      Math.max(1, Math.min(USUAL.levels, fitting));
    const flip = numberWord(request, 2, { what: 'FLIP', low: 0, high: 0.5 }) ?? USUAL.flip;
    const tree = { levels, branching, flip };
    const items = branching ** levels;
    if (items > MOST_ITEMS || items > width) {
      throw new RangeError(
        `${text}: the ${items} items must be at most ${Math.min(width, MOST_ITEMS)}, ${width <= MOST_ITEMS ? `the width of ${input.name}` : 'which is a lot'}, got ${items}`,
      );
    }
    const isOneHot = items === width;
    const columns = isOneHot ? null : haarColumns(fold(key, 'items'), width, items);
    const values = treeProperties(fold(key, 'properties'), tree, properties);
    const set = setOf(
      {
        name: 'saxe-tree',
        split: 'train',
        count: items,
      },
      [
        numberFeed(input, axes, (index, out, at) => {
          if (columns === null) out[at + index] = 1;
          else out.set(columns.subarray(index * width, (index + 1) * width), at);
        }),
      ],
      {
        kind: 'values',
        shape,
        write: (index, out, at) =>
          out.set(values.subarray(index * properties, (index + 1) * properties), at),
      },
    );
    return {
      ...sharesOf(set, key, request),
      test: null,
      note: `${items} ${isOneHot ? 'one-hot' : 'orthonormal'} items at the leaves of a tree of ${levels} ${levels === 1 ? 'level' : 'levels'}, each with ${properties} ${properties === 1 ? 'property' : 'properties'} of ±1 that ${properties === 1 ? 'changes' : 'change'} from node to node with probability ${flip}.`,
    };
  },
};
