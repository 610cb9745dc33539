/**
 * One step of a correlation through a network whose second moments are all 1: `input` has none before it,
 * `activation` applies the local C map `calls` times in a row, `sum` takes the mean of several correlations
 * with weights `shares` that add up to 1. `from` are positions of earlier nodes.
 */
export type MapNode =
  | { readonly kind: 'input' }
  | { readonly kind: 'activation'; readonly from: number; readonly calls: number }
  | { readonly kind: 'sum'; readonly from: readonly number[]; readonly shares: readonly number[] };

/** What a network does to a correlation, as data: nodes in topological order, and those that go out. */
export interface MapNetwork {
  readonly nodes: readonly MapNode[];
  readonly outputs: readonly number[];
}

/**
 * The subnetwork maximising function `M(x, r)`: the largest of what the network and its branches make of
 * `x` if every activation call is the function `r`. With `r` a local C map it is the largest `C(x)`, with
 * `r(y) = s y` at x = 1 the largest slope, with `r(y) = y + κ` at x = 0 the largest curvature.
 * Reference: Zhang et al. 2022, appendix B, arXiv:2203.08120
 */
export type SubnetFunction = (x: number, r: (x: number) => number) => number;

/** `depth` activation calls in a row. `RangeError` unless it is a whole number from 1 on. */
export function plainNetwork(depth: number): MapNetwork {
  checkCount('plainNetwork', 'depth', depth, 1);
  return {
    nodes: [{ kind: 'input' }, { kind: 'activation', from: 0, calls: depth }],
    outputs: [1],
  };
}

/** What a residual network is made of. */
export interface ResidualOptions {
  /** Blocks of each group, such as 3, 4, 23, 3 of a ResNet-101. */
  readonly blocks: readonly number[];
  /** Activation calls of each branch. */
  readonly calls: number;
  /** `w` of `x ↦ w x + √(1 - w²) f(x)`, from 0 (no shortcut) to 1 (no branch). */
  readonly shortcutWeight: number;
  /** Activation calls on the shortcut of the first block of each group; 0 if not given. */
  readonly shortcutCalls?: number;
  /** Activation calls after each sum; 0 if not given. */
  readonly callsAfterSum?: number;
  /** Activation calls after the last block; 1 if not given. */
  readonly finalCalls?: number;
}

/**
 * Blocks `C = w² c + (1 - w²) C_branch(c)` in a row. `RangeError` for numbers of blocks or calls that are
 * not whole, none at all, or a weight outside [0, 1].
 */
export function residualNetwork(options: ResidualOptions): MapNetwork {
  const { blocks, calls, shortcutWeight, shortcutCalls = 0 } = options;
  const { callsAfterSum = 0, finalCalls = 1 } = options;
  if (blocks.length === 0)
    throw new RangeError('residualNetwork: blocks must name a group, got []');
  for (const count of blocks) checkCount('residualNetwork', 'blocks', count, 1);
  checkCount('residualNetwork', 'calls', calls, 1);
  checkCount('residualNetwork', 'shortcutCalls', shortcutCalls, 0);
  checkCount('residualNetwork', 'callsAfterSum', callsAfterSum, 0);
  checkCount('residualNetwork', 'finalCalls', finalCalls, 0);
  checkShortcutWeight('residualNetwork', shortcutWeight);
  const nodes: MapNode[] = [{ kind: 'input' }];
  const add = (node: MapNode): number => nodes.push(node) - 1;
  const called = (from: number, count: number): number =>
    count === 0 ? from : add({ kind: 'activation', from, calls: count });
  let stream = 0;
  for (const count of blocks) {
    for (let block = 0; block < count; block++) {
      const branch = called(stream, calls);
      const shortcut = called(stream, block === 0 ? shortcutCalls : 0);
      const share = shortcutWeight ** 2;
      const sum = add({ kind: 'sum', from: [shortcut, branch], shares: [share, 1 - share] });
      stream = called(sum, callsAfterSum);
    }
  }
  return { nodes, outputs: [called(stream, finalCalls)] };
}

/** Throws `RangeError` unless `w` is from 0 to 1. */
export function checkShortcutWeight(where: string, w: number): void {
  if (!(w >= 0 && w <= 1)) {
    throw new RangeError(`${where}: shortcutWeight must be from 0 to 1, got ${w}`);
  }
}

function checkCount(where: string, name: string, count: number, least: number): void {
  if (!(Number.isInteger(count) && count >= least)) {
    throw new RangeError(`${where}: ${name} must be a whole number from ${least} on, got ${count}`);
  }
}

/** A branch of a sum by itself: the nodes to evaluate after its fork, in order, the last its end. */
interface Branch {
  readonly fork: number;
  readonly nodes: readonly number[];
}

/**
 * The function `M` of a network. Its subnetworks are the network up to each output and every branch of a
 * sum by itself, from the last value that all branches of the sum depend on; parts of either stay below it,
 * since `r(y) ≥ y` in all three uses. As in the authors' procedure, what runs through earlier blocks and
 * ends inside a branch is not counted: it can be more by the part that the sum around the branch takes off.
 */
export function subnetFunction({ nodes, outputs }: MapNetwork): SubnetFunction {
  const branches = branchesOf(nodes);
  const all = nodes.map((_, index) => index);
  const values = new Float64Array(nodes.length);
  return (x, r) => {
    evaluate(nodes, all, x, r, values);
    let most = -Infinity;
    for (const output of outputs) most = Math.max(most, values[output]);
    for (const { fork, nodes: inside } of branches) {
      values[fork] = x;
      evaluate(nodes, inside, x, r, values);
      most = Math.max(most, values[inside[inside.length - 1]]);
    }
    return most;
  };
}

/**
 * The function `C_f(x)` of a whole network, with `r` the local map of every activation: the largest over its
 * outputs, without the subnetworks.
 */
export function networkFunction({ nodes, outputs }: MapNetwork): SubnetFunction {
  const all = nodes.map((_, index) => index);
  const values = new Float64Array(nodes.length);
  return (x, r) => {
    evaluate(nodes, all, x, r, values);
    return Math.max(...outputs.map((output) => values[output]));
  };
}

function evaluate(
  nodes: readonly MapNode[],
  order: readonly number[],
  x: number,
  r: (x: number) => number,
  values: Float64Array,
): void {
  for (const index of order) {
    const node = nodes[index];
    if (node.kind === 'input') {
      values[index] = x;
    } else if (node.kind === 'activation') {
      let value = values[node.from];
      for (let call = 0; call < node.calls; call++) value = r(value);
      values[index] = value;
    } else {
      let value = 0;
      for (const [i, from] of node.from.entries()) value += node.shares[i] * values[from];
      values[index] = value;
    }
  }
}

/** The branches of all sums that call an activation, each kind once. */
function branchesOf(nodes: readonly MapNode[]): Branch[] {
  const above = dominators(nodes);
  const seen = new Set<string>();
  const branches: Branch[] = [];
  for (const [index, node] of nodes.entries()) {
    if (node.kind !== 'sum') continue;
    const fork = above[index];
    if (fork < 0) continue;
    for (const end of node.from) {
      const inside = between(nodes, fork, end);
      if (!inside.some((i) => nodes[i].kind === 'activation')) continue;
      const branch = { fork, nodes: inside };
      const text = textOf(nodes, branch);
      if (seen.has(text)) continue;
      seen.add(text);
      branches.push(branch);
    }
  }
  return branches;
}

/** What a branch computes, in words that are alike for branches that compute alike. */
function textOf(nodes: readonly MapNode[], { fork, nodes: inside }: Branch): string {
  const place = new Map(inside.map((index, position) => [index, position]));
  const nameOf = (index: number): string => (index === fork ? 'x' : String(place.get(index)));
  return inside
    .map((index) => {
      const node = nodes[index];
      if (node.kind === 'activation') return `${node.calls}(${nameOf(node.from)})`;
      if (node.kind === 'sum')
        return node.from.map((i, k) => `${node.shares[k]}*${nameOf(i)}`).join('+');
      return 'input';
    })
    .join(' ');
}

/** The nearest earlier node that every path from an input to a node passes; -1 where there is none. */
function dominators(nodes: readonly MapNode[]): Int32Array {
  const above = new Int32Array(nodes.length);
  const common = (a: number, b: number): number => {
    let [i, j] = [a, b];
    while (i !== j && i >= 0 && j >= 0)
      if (i > j) i = above[i];
      else j = above[j];
    return i === j ? i : -1;
  };
  for (const [index, node] of nodes.entries()) {
    if (node.kind === 'input') above[index] = -1;
    else if (node.kind === 'activation') above[index] = node.from;
    else above[index] = node.from.reduce(common);
  }
  return above;
}

/** The nodes after `fork` that `end` depends on, in order, `end` the last; none if it is the fork. */
function between(nodes: readonly MapNode[], fork: number, end: number): number[] {
  const found = new Set<number>();
  const open = [end];
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    if (index <= fork || found.has(index)) continue;
    found.add(index);
    const node = nodes[index];
    if (node.kind === 'activation') open.push(node.from);
    else if (node.kind === 'sum') open.push(...node.from);
  }
  return [...found].sort((a, b) => a - b);
}
