import type { Graph, Node } from '../graph/index.ts';
import { isFloat } from '../tensor/index.ts';
import { activeValues, isSmooth } from './active.ts';
import { backward } from './backward.ts';
import { withDirectOutputs } from './direct-outputs.ts';
import { isRandom } from './emit.ts';
import { instantiate, passOn, passOnAs, type Names } from './instantiate.ts';
import { writtenOpset } from './modernise.ts';
import { onesLike, zerosLike } from './ops.ts';
import { addInput, claim, finish, helperPrefix, rootScope, typeOf, type Scope } from './scope.ts';
import { graphsIn, readsOf } from './reads.ts';
import { typed } from './type.ts';
import { nodeText, quoted } from './wording.ts';

/** Which derivative: of which values, with respect to which. */
export interface Wanted {
  /** Values of the graph; its float outputs if not given. */
  readonly of?: readonly string[];
  /**
   * Inputs, stored tensors or computed values; if not given, the float inputs and stored tensors that `of`
   * depends on, except those that a derivative was written with.
   */
  readonly withRespectTo?: readonly string[];
  /** Values of the graph that the result gives as well, under their own names. */
  readonly keep?: readonly string[];
  /**
   * Whether those of `withRespectTo` that `of` does not depend on smoothly, or that are no floats, are left out of
   * the result in place of an error; `false` if not given.
   */
  readonly whereDependent?: boolean;
}

/** The name of the output that holds the gradient with respect to a value. */
export function gradientName(value: string): string {
  return `grad(${value})`;
}

/** The name of the input that holds the cotangent of a value. */
export function cotangentName(value: string): string {
  return `cotangent(${value})`;
}

/** The name of the input that holds the tangent of a value. */
export function tangentName(value: string): string {
  return `tangent(${value})`;
}

/** The name of the output that holds the derivative of a value along the tangents. */
export function derivativeName(value: string): string {
  return `derivative(${value})`;
}

/** A graph written again, and the values of interest in it, by their names in the original. */
interface Start {
  readonly scope: Scope;
  readonly names: Names;
  readonly of: readonly string[];
  readonly withRespectTo: readonly string[];
  /** Of how many of them there must be a derivative. */
  readonly need: 'all' | 'one' | 'none';
  readonly keep: readonly string[];
  /** What an output is called, and which of these names are free. */
  readonly title: (name: string) => string;
  readonly titles: ReadonlySet<string>;
}

/** A graph in a scope of its own, in the forms of the newest operator sets; the titles are not in use. */
function rewritten(
  graph: Graph,
  titles: readonly string[] = [],
  asProducts: boolean = false,
): Pick<Start, 'scope' | 'names'> {
  const opset = graph.opsets[''] ?? writtenOpset;
  const opsets = { ...graph.opsets, '': Math.max(opset, writtenOpset) };
  const scope = rootScope(graph.name === '' ? 'graph' : graph.name, opsets, asProducts);
  const inputs = graph.inputs.map(
    ({ name, dtype, shape }) => [name, addInput(scope, name, typed(dtype, shape))] as const,
  );
  // Values inside, such as the gradients of a graph that is a derivative itself, give way to the titles.
  for (const title of titles) claim(scope, title);
  return { scope, names: instantiate(scope, graph, new Map(inputs), opset) };
}

function start(
  graph: Graph,
  wanted: Wanted,
  title: (name: string) => string,
  where: string,
): Start {
  const all = [...graph.inputs.map(({ name }) => name), ...graph.constants.keys()];
  const named = [...all, ...(wanted.withRespectTo ?? []), ...graph.outputs.map(({ name }) => name)];
  const taken = new Set(graph.inputs.map(({ name }) => name));
  const titles = [...new Set([...named, ...(wanted.of ?? [])].map(title))].filter(
    (name) => !taken.has(name),
  );
  const { scope, names } = rewritten(graph, titles);
  const smooth = (name: string): boolean => isSmooth(scope, names.get(name) ?? name);
  const of = distinct(wanted.of ?? graph.outputs.map(({ name }) => name).filter(smooth));
  if (of.length === 0)
    throw new RangeError(`${where}: the graph must have a float output, got none`);
  const keep = distinct(wanted.keep ?? []);
  for (const name of [...of, ...keep]) checkValue(scope, names, name, where);
  for (const name of of) checkFloat(scope, names, name, where);
  const candidates = all.filter((name) => !name.startsWith(helperPrefix));
  const withRespectTo = distinct(
    wanted.withRespectTo ?? influential(scope, names, candidates.filter(smooth), of),
  );
  const isPartial = wanted.whereDependent === true;
  if (withRespectTo.length === 0 && !isPartial) {
    throw new RangeError(
      `${where}: ${of.map(quoted).join(', ')} must depend on a float input or stored tensor, got none`,
    );
  }
  for (const name of withRespectTo) {
    checkValue(scope, names, name, where);
    if (!isPartial) checkFloat(scope, names, name, where);
  }
  const need = isPartial ? 'none' : wanted.withRespectTo === undefined ? 'one' : 'all';
  return { scope, names, of, withRespectTo, need, keep, title, titles: new Set(titles) };
}

function distinct(names: readonly string[]): readonly string[] {
  return [...new Set(names)];
}

function checkValue(scope: Scope, names: Names, name: string, where: string): void {
  if (names.has(name)) return;
  throw new RangeError(`${where}: a value must be one of the graph, got ${quoted(name)}`);
}

function checkFloat(scope: Scope, names: Names, name: string, where: string): void {
  const { dtype } = typeOf(scope, names.get(name) ?? name);
  if (dtype === null || isFloat(dtype)) return;
  throw new RangeError(
    `${where}: a value must be a float to have a derivative, got ${quoted(name)}, which is ${dtype}`,
  );
}

function renamed(names: Names, values: readonly string[]): string[] {
  return values.map((value) => names.get(value) ?? value);
}

/** Those of the candidates that some of the values depend on. */
function influential(
  scope: Scope,
  names: Names,
  candidates: readonly string[],
  of: readonly string[],
): readonly string[] {
  const active = activeValues(scope, scope.nodes, renamed(names, candidates));
  const reached = new Set(renamed(names, of));
  for (const node of scope.nodes.toReversed()) {
    if (!node.outputs.some((output) => reached.has(output) && active.has(output))) continue;
    for (const name of readsOf(node)) if (active.has(name)) reached.add(name);
  }
  return candidates.filter((name) => reached.has(names.get(name) ?? name));
}

/** The node that draws: this one, or one in its subgraphs. */
function drawingIn(scope: Scope, node: Node): Node | null {
  if (isRandom(scope, node)) return node;
  for (const graph of Object.values(node.attributes).flatMap(graphsIn)) {
    for (const inner of graph.nodes) {
      const found = drawingIn(scope, inner);
      if (found !== null) return found;
    }
  }
  return null;
}

function checkDeterministic(scope: Scope, of: readonly string[]): void {
  const reached = new Set(of);
  for (const node of scope.nodes.toReversed()) {
    if (!node.outputs.some((output) => reached.has(output))) continue;
    const drawing = drawingIn(scope, node);
    if (drawing !== null) {
      throw new RangeError(
        `${nodeText(drawing)}: must give the same values every time to be differentiated, got an operator that draws`,
      );
    }
    for (const name of readsOf(node)) reached.add(name);
  }
}

/** Cotangents by the value that they are of. */
type Found = readonly (readonly [value: string, cotangent: string])[];

/** The cotangents of `withRespectTo`; `RangeError` where one that was asked for has none. */
function cotangents(begun: Start, seeds: readonly string[], where: string): Found {
  const { scope, names, of, withRespectTo, need } = begun;
  const values = renamed(names, of);
  checkDeterministic(scope, values);
  const wanted = renamed(names, withRespectTo);
  const pairs = values.map((value, index) => [value, seeds[index]] as const);
  const found = backward(scope, [...scope.nodes], pairs, wanted);
  const list = withRespectTo.flatMap((name, index) => {
    const cotangent = found.get(wanted[index]);
    return cotangent === undefined ? [] : [[name, cotangent] as const];
  });
  const missing = withRespectTo.find((_, index) => !found.has(wanted[index]));
  if (missing === undefined || need === 'none') return list;
  if (need === 'one' && list.length > 0) return list;
  throw new RangeError(
    `${where}: ${of.map(quoted).join(', ')} must depend smoothly on ${quoted(missing)}, got no path with a derivative between them`,
  );
}

function outputsOf({ scope, names, keep, title, titles }: Start, found: Found): Graph {
  const produced = found.map(([name, value]) => {
    const own = title(name);
    return titles.has(own) ? passOnAs(scope, value, own) : passOn(scope, value, own);
  });
  return withDirectOutputs(finish(scope, [...keptOutputs(scope, names, keep), ...produced]));
}

/**
 * The same graph in the forms of the newest operator sets, equal nodes merged and what its outputs do not
 * need left out. `RangeError` for operators of forms that are no more.
 */
export function upgraded(graph: Graph): Graph {
  const { scope, names } = rewritten(graph);
  const outputs = graph.outputs.map(({ name }) => name);
  return finish(scope, keptOutputs(scope, names, outputs));
}

/** Whether a graph has a convolution, in a loop or outside. */
function hasConvolution({ nodes }: Graph): boolean {
  return nodes.some(
    ({ operator, attributes }) =>
      operator === 'Conv' || Object.values(attributes).flatMap(graphsIn).some(hasConvolution),
  );
}

/**
 * The same graph with convolutions of small images as products of matrices, which onnxruntime makes 1.1 to 1.8 times
 * as fast: it multiplies the images of a batch one by one. Values are equal to rounding; to be applied behind a derivative, not before.
 */
export function withProducts(graph: Graph): Graph {
  if (!hasConvolution(graph)) return graph;
  const { scope, names } = rewritten(graph, [], true);
  const outputs = graph.outputs.map(({ name }) => name);
  return withDirectOutputs(finish(scope, keptOutputs(scope, names, outputs)));
}

/** Values under their own names. */
function keptOutputs(scope: Scope, names: Names, keep: readonly string[]): readonly string[] {
  return keep.map((name) => {
    const value = names.get(name) ?? name;
    if (value === name && scope.makers.has(value)) return value;
    const isFree = value !== name && !scope.makers.has(name);
    return isFree ? passOnAs(scope, value, name) : passOn(scope, value, name);
  });
}

/**
 * The vector-Jacobian product `x̄ = Σ (∂y/∂x)ᵀ ȳ` as a graph: inputs are those of `graph` and
 * `cotangent(y)` for each y in `of`, outputs `grad(x)` for each x in `withRespectTo`. It holds what it needs
 * of `graph` and nothing else, and can be differentiated again. `RangeError` for values that are no floats
 * or do not depend on each other, and for operators that have no derivative rule or draw.
 */
export function vjp(graph: Graph, wanted: Wanted = {}): Graph {
  const begun = start(graph, wanted, gradientName, 'vjp');
  const { scope, names, of } = begun;
  const seeds = of.map((name) =>
    addInput(scope, cotangentName(name), typeOf(scope, names.get(name) ?? name)),
  );
  return outputsOf(begun, cotangents(begun, seeds, 'vjp'));
}

/**
 * The gradient of a number `L` as a graph with the inputs of `graph` and outputs `grad(x)`. `L` is the half
 * sum of squares `½ Σ y²` of the values y in `of`, or with `loss: 'sum'` their sum `Σ y`. `RangeError` as
 * `vjp`.
 */
export function gradient(
  graph: Graph,
  wanted: Wanted & { readonly loss?: 'halfSquares' | 'sum' } = {},
): Graph {
  const begun = start(graph, wanted, gradientName, 'gradient');
  const { scope, names, of } = begun;
  const values = renamed(names, of);
  const seeds = wanted.loss === 'sum' ? values.map((value) => onesLike(scope, value)) : values;
  return outputsOf(begun, cotangents(begun, seeds, 'gradient'));
}

/**
 * The Jacobian-vector product `ẏ = Σ (∂y/∂x) ẋ` as a graph: inputs are those of `graph` and `tangent(x)` for
 * each x in `withRespectTo`, outputs `derivative(y)` for each y in `of`. It is the vector-Jacobian product
 * of the vector-Jacobian product, which is linear in its cotangents. `RangeError` as `vjp`.
 */
export function jvp(graph: Graph, wanted: Wanted = {}): Graph {
  const begun = start(graph, wanted, derivativeName, 'jvp');
  const { scope, names, of } = begun;
  const values = renamed(names, of);
  const seeds = values.map((value) => passOn(scope, zerosLike(scope, value), 'd/zero'));
  const first = cotangents(begun, seeds, 'jvp');
  const pairs = first.map(([name, value]) => {
    const type = typeOf(scope, names.get(name) ?? name);
    return [value, addInput(scope, tangentName(name), type)] as const;
  });
  const found = backward(scope, [...scope.nodes], pairs, seeds);
  const results = of.map((name, index) => {
    return [name, found.get(seeds[index]) ?? zerosLike(scope, values[index])] as const;
  });
  return outputsOf(begun, results);
}
