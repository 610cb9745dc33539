import { sizeOf, type DType, type Tensor } from '../tensor/index.ts';
import type { Attribute, Constant, Dimension, Graph, Node, ValueInfo } from './graph.ts';

/** Standard operator set that built graphs are written in. */
const OPSET = 21;

/** Collects nodes and parameters of a graph under construction; values are their names. */
export interface Builder {
  /** Declares an input and returns its name. */
  readonly input: (name: string, dtype: DType, shape: readonly Dimension[]) => string;
  /** A float32 parameter, all `fill` (0 if not given) until an initializer fills it. */
  readonly parameter: (name: string, shape: readonly number[], fill?: number) => string;
  /** A stored tensor that is no parameter, such as the target of a `Reshape`. */
  readonly constant: (name: string, tensor: Tensor) => string;
  /** Applies an operator and returns the name of its first output, `<name>_output` or `<name>_output_<i>`. */
  readonly node: (
    name: string,
    operator: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, Attribute>>,
    outputs?: number,
  ) => string;
  /** Declares an output: `value` under a name of its own. */
  readonly output: (name: string, value: string, dtype: DType, shape: readonly Dimension[]) => void;
  readonly build: () => Graph;
}

/**
 * Starts a graph in the standard operator set, empty or with all that `start` has, in whose operator sets it then is.
 * Names must be new: `RangeError` otherwise.
 */
export function builder(graphName: string, start?: Graph): Builder {
  const inputs: ValueInfo[] = [...(start?.inputs ?? [])];
  const outputs: ValueInfo[] = [...(start?.outputs ?? [])];
  const nodes: Node[] = [...(start?.nodes ?? [])];
  const constants = new Map<string, Constant>(start?.constants);
  const taken = new Set<string>([
    ...inputs.map(({ name }) => name),
    ...constants.keys(),
    ...nodes.flatMap((node) => node.outputs),
  ]);

  const claim = (name: string): string => {
    if (taken.has(name))
      throw new RangeError(`${graphName}: names must be unique, got ${name} twice`);
    taken.add(name);
    return name;
  };

  const constant = (name: string, tensor: Tensor): string => {
    const { dtype, shape } = tensor;
    constants.set(claim(name), { name, dtype, shape, source: 'initializer', read: () => tensor });
    return name;
  };

  return {
    input: (name, dtype, shape) => {
      inputs.push({ name: claim(name), dtype, shape });
      return name;
    },
    parameter: (name, shape, fill = 0) => {
      const read = (): Tensor => {
        const data = new Float32Array(sizeOf(shape));
        return { dtype: 'float32', shape, data: fill === 0 ? data : data.fill(fill) };
      };
      constants.set(claim(name), { name, dtype: 'float32', shape, source: 'initializer', read });
      return name;
    },
    constant,
    node: (name, operator, nodeInputs, attributes = {}, count = 1) => {
      const names = Array.from({ length: count }, (_, index) =>
        claim(count === 1 ? `${name}_output` : `${name}_output_${index}`),
      );
      nodes.push({ name, operator, domain: '', inputs: nodeInputs, outputs: names, attributes });
      return names[0];
    },
    output: (name, value, dtype, shape) => {
      nodes.push({
        name: `${name}_identity`,
        operator: 'Identity',
        domain: '',
        inputs: [value],
        outputs: [claim(name)],
        attributes: {},
      });
      outputs.push({ name, dtype, shape });
    },
    build: () => ({
      name: graphName,
      opsets: start?.opsets ?? { '': OPSET },
      inputs,
      outputs,
      nodes,
      constants,
      values: start?.values ?? new Map(),
    }),
  };
}
