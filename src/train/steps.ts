import { builder, type Graph, type ValueInfo } from '../graph/index.ts';
import { nextName } from './step.ts';

/** The inputs and outputs of a step, by what becomes of them from step to step. */
export interface Roles {
  /** Tensors that a step gives anew: parameters and state. */
  readonly carried: readonly string[];
  /** Inputs of which every step has its own: those of the network, the target, the learning rate. */
  readonly fresh: readonly string[];
  /** Scalars that every step gives. */
  readonly metrics: readonly string[];
}

/** The roles of the inputs and outputs of a graph that `stepGraph` has made. */
export function rolesOf(step: Graph): Roles {
  const made = new Set(step.outputs.map(({ name }) => name));
  const names = step.inputs.map(({ name }) => name);
  const carried = names.filter((name) => made.has(nextName(name)));
  const next = new Set(carried.map(nextName));
  return {
    carried,
    fresh: names.filter((name) => !made.has(nextName(name)) && name !== 'step'),
    metrics: step.outputs.map(({ name }) => name).filter((name) => !next.has(name)),
  };
}

/** What the examples of all steps of a run are called. */
export function stackName(name: string): string {
  return `all(${name})`;
}

/**
 * Many steps as one graph: a `Loop` whose body is a step, so that parameters and state stay inside of the engine. In:
 * `steps`, how many; `first_step`, the number of the first, from 1; `all(x)` of everything that each step has its own of,
 * stacked along a new first axis; the carried tensors. Out: the metrics of every step, and the carried tensors after the
 * last. What is named in `held`, such as the whole set of examples, is the same in all steps, under its own name.
 */
export function stepsGraph(step: Graph, held: readonly string[] = []): Graph {
  const { carried, fresh: all, metrics } = rolesOf(step);
  const fresh = all.filter((name) => !held.includes(name));
  const infos = new Map([...step.inputs, ...step.outputs].map((info) => [info.name, info]));
  const info = (name: string): ValueInfo => infos.get(name) ?? { name, dtype: null, shape: null };

  const after = (name: string): ValueInfo => {
    const { dtype, shape } = info(name);
    return { name: nextName(name), dtype, shape };
  };

  const inner = builder('step', { ...step, inputs: [], outputs: [] });
  const index = inner.input('iteration', 'int64', []);
  inner.input('go', 'bool', []);
  for (const name of carried)
    inner.input(name, info(name).dtype ?? 'float32', info(name).shape ?? []);
  const body = inner.build();
  const gathers = fresh.map((name) => ({
    name: `pick/${name}`,
    operator: 'Gather',
    domain: '',
    inputs: [stackName(name), index],
    outputs: [name],
    attributes: { axis: 0 },
  }));
  const counting = [
    {
      name: 'count/cast',
      operator: 'Cast',
      domain: '',
      inputs: [index],
      outputs: ['count'],
      attributes: { to: 11 },
    },
    {
      name: 'count/add',
      operator: 'Add',
      domain: '',
      inputs: ['count', 'first_step'],
      outputs: ['step'],
      attributes: {},
    },
    {
      name: 'go/identity',
      operator: 'Identity',
      domain: '',
      inputs: ['go'],
      outputs: ['go_on'],
      attributes: {},
    },
  ];
  const loopBody: Graph = {
    ...body,
    nodes: [...gathers, ...counting, ...body.nodes],
    outputs: [
      { name: 'go_on', dtype: 'bool', shape: [] },
      ...carried.map(after),
      ...metrics.map(info),
    ],
  };
  const inputs: ValueInfo[] = [
    { name: 'steps', dtype: 'int64', shape: [] },
    { name: 'first_step', dtype: 'float64', shape: [] },
    ...fresh.map((name) => ({
      name: stackName(name),
      dtype: info(name).dtype,
      shape: ['steps', ...(info(name).shape ?? [])],
    })),
    ...held.map(info),
    ...carried.map(info),
  ];
  return {
    name: step.name,
    opsets: step.opsets,
    inputs,
    constants: new Map(),
    values: new Map(),
    nodes: [
      {
        name: 'steps/loop',
        operator: 'Loop',
        domain: '',
        inputs: ['steps', '', ...carried],
        outputs: [...carried.map(nextName), ...metrics],
        attributes: { body: loopBody },
      },
    ],
    outputs: [
      ...metrics.map((name) => ({ name, dtype: 'float32' as const, shape: ['steps'] })),
      ...carried.map(after),
    ],
  };
}
