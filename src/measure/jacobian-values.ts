import { closest } from 'fastest-levenshtein';
import { valueTypes } from '../autodiff/index.ts';
import type { Graph } from '../graph/index.ts';
import { layerValues } from '../network/index.ts';
import { isFloat } from '../tensor/index.ts';
import type { Feeds } from './inputs.ts';

const quoted = (text: string): string =>
  JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text);

/** The graph for inputs of the shapes of these. */
export function withShapesOf(graph: Graph, feeds: Feeds): Graph {
  const inputs = graph.inputs.map((input) => ({
    ...input,
    shape: feeds[input.name]?.shape ?? input.shape,
  }));
  return { ...graph, inputs };
}

/** The two values that a Jacobian is between. */
export interface Ends {
  readonly from: string;
  readonly to: string;
}

/**
 * The values that a Jacobian is between: those that are named, else the first float input and the first float
 * output; for a network of integer inputs, the first layer, such as an embedding, in place of the input. Errors in
 * one sentence: `RangeError` for names that the graph does not have and for values that are no floats.
 */
export function endsOf(
  where: string,
  graph: Graph,
  named: { readonly from?: string | undefined; readonly to?: string | undefined },
): Ends {
  const types = valueTypes(graph);
  const check = (role: string, name: string): string => {
    const type = types.get(name);
    if (type === undefined) {
      throw new RangeError(
        `${where}: ${role} must be a value of the network, got ${quoted(name)}; the nearest is ${quoted(closest(name, [...types.keys()]))}`,
      );
    }
    if (type.dtype !== null && !isFloat(type.dtype)) {
      throw new RangeError(
        `${where}: ${role} must be a float to have a derivative, got ${quoted(name)}, which is ${type.dtype}`,
      );
    }
    return name;
  };
  const isReal = (name: string): boolean => {
    const dtype = types.get(name)?.dtype ?? null;
    return dtype === null || isFloat(dtype);
  };
  const from =
    named.from ??
    graph.inputs.find(({ name }) => isReal(name) && !/mask/i.test(name))?.name ??
    layerValues(graph).find(({ name }) => isReal(name))?.name;
  const to = named.to ?? graph.outputs.find(({ name }) => isReal(name))?.name;
  if (from === undefined) {
    throw new RangeError(`${where}: the network must have a float input or layer, got none`);
  }
  if (to === undefined) {
    throw new RangeError(`${where}: the network must have a float output, got none`);
  }
  return { from: check('from', from), to: check('to', to) };
}
