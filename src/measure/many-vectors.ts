import type { ValueType } from '../autodiff/index.ts';
import type { Attribute, Constant, Graph, Node } from '../graph/index.ts';
import { sizeOf, type Tensor } from '../tensor/index.ts';
import { manyVectorRules, type Writer } from './many-vectors-rules.ts';

/** Whether an attribute holds graphs. */
function holdsGraph(attribute: Attribute): boolean {
  if (typeof attribute !== 'object') return false;
  if ('nodes' in attribute) return true;
  return Array.isArray(attribute) && attribute.some((item) => typeof item === 'object');
}

/** The shape if all of it is known. */
export function knownShape(type: ValueType | undefined): readonly number[] | null {
  const shape = type?.shape ?? null;
  const numbers = (shape ?? []).filter((extent) => typeof extent === 'number');
  return shape !== null && numbers.length === shape.length ? numbers : null;
}

/** What the names of new values start with. */
const prefix = 'vectors/';

/** Writes nodes with new names, and stores integers. */
interface Sheet {
  readonly nodes: Node[];
  readonly constants: Map<string, Constant>;
  readonly emit: Writer['emit'];
  readonly store: Writer['store'];
}

function blank(constants: Graph['constants']): Sheet {
  const sheet = { nodes: [] as Node[], constants: new Map(constants) };
  let made = 0;
  return {
    ...sheet,
    emit: (operator, inputs, attributes = {}, count = 1) => {
      const name = `${prefix}${operator}_${made++}`;
      const outputs = Array.from({ length: count }, (_, index) => `${name}:${index}`);
      sheet.nodes.push({ name, operator, domain: '', inputs, outputs, attributes });
      return outputs;
    },
    store: (values) => {
      const name = `${prefix}${values.join(',')}`;
      const shape = [values.length];
      const tensor: Tensor = { dtype: 'int64', shape, data: BigInt64Array.from(values, BigInt) };
      const read = (): Tensor => tensor;
      sheet.constants.set(name, { name, dtype: 'int64', shape, source: 'initializer', read });
      return name;
    },
  };
}

/**
 * A derivative, linear in its input `seed`, for any number of vectors at once: what does not depend on the
 * vectors is computed once, and what does gets an axis in front, on which the vectors stand side by side. `types`
 * are those of all its values for one vector. `null` where an operator that depends on the vectors has no such
 * form, as the body of a loop.
 */
export function forManyVectors(
  graph: Graph,
  seed: string,
  types: ReadonlyMap<string, ValueType>,
): Graph | null {
  const { nodes, constants, emit, store } = blank(graph.constants);
  /** What stands for a value that depends on the vectors. */
  const many = new Map([[seed, seed]]);
  const known = new Map<string, string>();
  const own = (name: string): string => many.get(name) ?? known.get(name) ?? name;
  const carries = (name: string): boolean => many.has(name);
  const shapes = new Map<string, readonly number[] | null>();
  const shapeOf = (name: string): readonly number[] | null => {
    const found = shapes.get(name) ?? knownShape(types.get(name));
    shapes.set(name, found);
    return found;
  };
  const repeats = (rank: number): string => {
    const [count] = emit('Shape', [seed], { start: 0, end: 1 });
    if (rank === 0) return count;
    return emit('Concat', [count, store(Array.from({ length: rank }, () => 1))], { axis: 0 })[0];
  };
  const shape = (name: string): readonly number[] => shapeOf(name) ?? [];
  const writerOf = (node: Node): Writer => {
    // Rules name the values of the graph; what is emitted reads those that stand for them.
    const write: Writer['emit'] = (operator, inputs, attributes, count) =>
      emit(operator, inputs.map(own), attributes, count);
    return {
      node,
      carries,
      shape,
      integers: (name) => types.get(name)?.value ?? null,
      store,
      emit: write,
      repeated: (name) => {
        const [row] = write('Unsqueeze', [name, store([0])]);
        return emit('Expand', [row, repeats(shape(name).length)])[0];
      },
    };
  };
  for (const node of graph.nodes) {
    const read = node.inputs.filter(carries);
    const isOpaque = Object.values(node.attributes).some(holdsGraph);
    if (read.length === 0 && !(isOpaque && many.size > 1)) {
      nodes.push({ ...node, inputs: node.inputs.map(own) });
      continue;
    }
    const values = [...node.inputs, ...node.outputs].filter((name) => name !== '');
    if (isOpaque || node.domain !== '') return null;
    if (values.some((name) => shapeOf(name) === null)) return null;
    if (values.some((name) => sizeOf(shape(name)) === 0)) return null;
    if (node.operator === 'Shape' || node.operator === 'Size') {
      const integers = types.get(node.outputs[0])?.value ?? null;
      if (integers === null) return null;
      const list = store(integers);
      const isList = shape(node.outputs[0]).length === 1;
      known.set(node.outputs[0], isList ? list : emit('Squeeze', [list])[0]);
      continue;
    }
    const results = manyVectorRules[node.operator]?.(writerOf(node)) ?? null;
    if (results === null) return null;
    for (const [index, output] of node.outputs.entries()) {
      if (output !== '') many.set(output, results[index]);
    }
  }
  if (!graph.outputs.every(({ name }) => carries(name))) return null;
  const inFront = (name: string): Graph['inputs'][number]['shape'] => [null, ...shape(name)];
  return {
    ...graph,
    inputs: graph.inputs.map((input) =>
      input.name === seed ? { ...input, shape: inFront(seed) } : input,
    ),
    outputs: graph.outputs.map(({ name, dtype }) => ({
      name: own(name),
      dtype,
      shape: inFront(name),
    })),
    nodes,
    constants,
  };
}
