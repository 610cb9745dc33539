import type { ValueType } from '../autodiff/index.ts';
import { isFloat } from '../tensor/index.ts';
import type { Repeat } from './rolled-repeats.ts';
import type { Wiring } from './rolled-wiring.ts';

/** Equal layers in a row: nodes `start … start + layers · period - 1`. */
export interface Run {
  readonly start: number;
  readonly period: number;
  readonly layers: number;
  /** What goes from layer to layer, by its name in the first; its name in the last; what the first reads in its place. */
  readonly states: readonly State[];
}

export interface State {
  readonly first: string;
  readonly last: string;
  readonly initial: string;
}

/** What a layer reads of the layer before: an output of one of its nodes. */
interface Link {
  readonly offset: number;
  readonly output: number;
  readonly initial: string;
}

/** How layers are cut out of a repeat: the first starts at `start`, all end before `end`. */
interface Cut {
  readonly start: number;
  readonly end: number;
  readonly links: readonly Link[];
}

interface Search {
  readonly wiring: Wiring;
  readonly types: ReadonlyMap<string, ValueType>;
  readonly least: number;
}

/** The runs of equal layers in a repeat. */
export function runsIn(search: Search, repeat: Repeat): Run[] {
  const runs: Run[] = [];
  const { period } = repeat;
  let { start } = repeat;
  for (const [from, to] of stretches(search, repeat)) {
    const cut = bestCut(search, { ...repeat, start }, from, to);
    if (cut === null) continue;
    runs.push(...partsOf(search, period, cut));
    start = cut.end;
  }
  return runs;
}

/** Whether a node reads, in every slot, what the node a period before it reads, a period later, or the very same. */
function follows(
  { wiring: { graph, nodes, reads, makers } }: Search,
  { start, period }: Repeat,
  at: number,
): boolean {
  return reads[at].every((name, slot) => {
    const other = reads[at - period][slot];
    if (graph.constants.has(name)) {
      const earlier = at - 2 * period < start ? null : reads[at - 2 * period][slot];
      return earlier === null || (earlier === other) === (other === name);
    }
    if (name === other) return true;
    const maker = makers.get(name);
    if (maker === undefined || makers.get(other) !== maker - period) return false;
    return nodes[maker].outputs.indexOf(name) === nodes[maker - period].outputs.indexOf(other);
  });
}

/** The longest stretches of nodes that follow those a period before. */
function stretches(search: Search, repeat: Repeat): (readonly [number, number])[] {
  const found: (readonly [number, number])[] = [];
  const { start, end, period } = repeat;
  let from = start + period;
  for (let at = from; at <= end; at++) {
    if (at < end && follows(search, repeat, at)) continue;
    if (at - from >= (search.least - 2) * period) found.push([from, at]);
    from = at + 1;
  }
  return found;
}

/** The cut with the fewest values from layer to layer, of those with the most layers, that which starts with a weight. */
function bestCut(search: Search, repeat: Repeat, from: number, to: number): Cut | null {
  const { period } = repeat;
  const { reads, graph } = search.wiring;
  let best: { readonly cut: Cut; readonly rank: readonly number[] } | null = null;
  const begin = Math.max(repeat.start, from - 2 * period);
  for (let start = begin; start < from + period; start++) {
    const layers = Math.floor((to - start) / period);
    if (layers < search.least) break;
    const links = linksAt(search, start, period);
    if (links === null) continue;
    const startsWithWeight = reads[start].some((name) => graph.constants.has(name));
    const rank = [links.length, -layers, startsWithWeight ? 0 : 1];
    if (best === null || isBefore(rank, best.rank)) {
      best = { cut: { start, end: start + layers * period, links }, rank };
    }
  }
  return best?.cut ?? null;
}

function isBefore(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at >= 0 && a[at] < b[at];
}

/**
 * What the second layer reads of the first where layers start at `start`; `null` where they do not fit together
 * so, or nothing goes from layer to layer.
 */
function linksAt(search: Search, start: number, period: number): readonly Link[] | null {
  const { graph, nodes, reads, makers } = search.wiring;
  const links = new Map<string, Link>();
  const second = start + period;
  for (let at = second; at < second + period; at++) {
    for (const [slot, name] of reads[at].entries()) {
      const other = reads[at - period][slot];
      const maker = makers.get(name) ?? -1;
      if (graph.constants.has(name) || maker < start) {
        if (maker >= 0 && name !== other) return null;
        if (maker < 0 && name !== other && !graph.constants.has(name)) return null;
        continue;
      }
      const output = nodes[maker].outputs.indexOf(name);
      const source = makers.get(other) ?? -1;
      if (maker >= second) {
        if (source !== maker - period || nodes[source].outputs[output] !== other) return null;
        continue;
      }
      if (source >= start) return null;
      const known = links.get(name);
      if (known !== undefined && known.initial !== other) return null;
      links.set(name, { offset: maker - start, output, initial: other });
    }
  }
  const isReachable = [...links].every(([name, { initial }]) => isSame(search, name, initial));
  return links.size > 0 && isReachable ? [...links.values()] : null;
}

/** Whether two values have the same known type, so that one can stand in the place of the other in a loop. */
function isSame({ types }: Search, a: string, b: string): boolean {
  const [one, other] = [types.get(a), types.get(b)];
  if (one === undefined || other === undefined || one.dtype === null) return false;
  if (one.shape === null || one.shape.includes(null)) return false;
  return one.dtype === other.dtype && one.shape.join() === other.shape?.join();
}

/**
 * The parts of a cut between values that are read outside of the loop: the layer that makes one is the last of its
 * part where the value goes on to the next layer anyway, and in no part where it does not. So with stored tensors.
 */
function partsOf({ wiring, least }: Search, period: number, cut: Cut): Run[] {
  const runs: Run[] = [];
  let { start } = cut;
  const close = (end: number): void => {
    const layers = (end - start) / period;
    if (layers < least) return;
    runs.push({ start, period, layers, states: statesOf(wiring, cut, period, start, layers) });
  };
  for (let layer = cut.start; layer < cut.end; layer += period) {
    const after = layer + period;
    const isInside = !isReadOutside(wiring, period, cut, layer);
    if (!isInside) close(layer);
    else if (isLinkReadLater(wiring, period, cut, layer)) close(after);
    else continue;
    start = after;
  }
  close(cut.end);
  return runs;
}

/** Whether what goes on from a layer is read after the next layer as well. */
function isLinkReadLater(
  { nodes, last }: Wiring,
  period: number,
  { links }: Cut,
  layer: number,
): boolean {
  return links.some(({ offset, output }) => {
    const until = last.get(nodes[layer + offset].outputs[output]) ?? -1;
    return until >= layer + 2 * period;
  });
}

/** Whether something else than what goes on, or a float tensor of the layer's own, is read outside of a layer. */
function isReadOutside(
  { graph, nodes, reads, first, last }: Wiring,
  period: number,
  cut: Cut,
  layer: number,
): boolean {
  const after = layer + period;
  const twin = layer === cut.start ? period : -period;
  for (let at = layer; at < after; at++) {
    const leaves = nodes[at].outputs.some((name, output) => {
      const isLink = cut.links.some((link) => link.offset === at - layer && link.output === output);
      return !isLink && (last.get(name) ?? -1) >= after;
    });
    if (leaves) return true;
    const isShared = reads[at].some((name, slot) => {
      const constant = graph.constants.get(name);
      if (constant === undefined || !isFloat(constant.dtype)) return false;
      if (reads[at + twin][slot] === name) return false;
      return (first.get(name) ?? 0) < layer || (last.get(name) ?? 0) >= after;
    });
    if (isShared) return true;
  }
  return false;
}

function statesOf(
  { nodes }: Wiring,
  cut: Cut,
  period: number,
  start: number,
  layers: number,
): State[] {
  const from = start + (layers - 1) * period;
  return cut.links.map(({ offset, output, initial }) => ({
    first: nodes[start + offset].outputs[output],
    last: nodes[from + offset].outputs[output],
    initial: start === cut.start ? initial : nodes[start - period + offset].outputs[output],
  }));
}
