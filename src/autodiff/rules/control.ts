import type { Graph, Node } from '../../graph/index.ts';
import { emit, emitAll } from '../emit.ts';
import { finishBody, instantiate } from '../instantiate.ts';
import { zerosLike } from '../ops.ts';
import { capturedBy } from '../reads.ts';
import { addInput, claim, ints, subscope, truth, typeOf, type Scope } from '../scope.ts';
import { typed } from '../type.ts';
import { bodyOf } from './bodies.ts';
import { byExpansion, type Call, type Lazy, type Rule } from './rule.ts';
import { scan } from './scan.ts';

/** Whether a value is a stored `true`, or in a loop's body what says so already. */
function isTrue(s: Scope, value: string): boolean {
  const { dtype, value: known } = typeOf(s, value);
  return value === '' || (dtype === 'bool' && known?.[0] === 1);
}

/** Whether a body goes on as long as it has gone on so far. */
function goesOn(s: Scope, { inputs, nodes, outputs: [{ name }] }: Graph): boolean {
  let value = name;
  for (;;) {
    if (value === inputs[1].name || isTrue(s, value)) return true;
    const maker = nodes.find(({ outputs }) => outputs.includes(value));
    if (maker?.operator !== 'Identity') return false;
    [value] = maker.inputs;
  }
}

/** The number of trips that a loop made, which it gives as a further output from now on. */
function tripsMade(s: Scope, name: string): string {
  const position = s.positions.get(name) ?? -1;
  const node = s.nodes[position];
  const body = bodyOf(node, 'body');
  const states = node.inputs.length - 2;
  const trip = body.inputs[0].name;
  const one = ints(s, [1], []);
  const counts = body.nodes.find(
    ({ operator, inputs }) => operator === 'Add' && inputs[0] === trip && inputs[1] === one,
  );
  const before = body.outputs.slice(1, states + 1);
  const known = before.findIndex((info) => info.name === counts?.outputs[0]);
  if (known >= 0) return node.outputs[known];
  const [made, next, state] = ['trips', 'trips_so_far', 'trips_before'].map((title) =>
    claim(s, `${name}:${title}`),
  );
  const number = { dtype: 'int64', shape: [] } as const;
  const add = { name: claim(s, `${next}:add`), operator: 'Add', domain: '', attributes: {} };
  const wider: Graph = {
    ...body,
    inputs: [...body.inputs, { name: state, ...number }],
    nodes: [...body.nodes, { ...add, inputs: [trip, one], outputs: [next] }],
    outputs: [
      ...body.outputs.slice(0, states + 1),
      { name: next, ...number },
      ...body.outputs.slice(states + 1),
    ],
  };
  const outputs = body.outputs.slice(1).map((_, index) => node.outputs[index] ?? '');
  outputs.splice(states, 0, made);
  s.types.set(made, typed('int64', []));
  s.makers.set(made, name);
  s.nodes[position] = {
    ...node,
    inputs: [...node.inputs, ints(s, [0], [])],
    outputs,
    attributes: { ...node.attributes, body: wider },
  };
  return made;
}

/** A loop as a `Scan` over the numbers of its trips, which are counted where a condition ends it. */
function asScan(s: Scope, node: Node): readonly string[] {
  const [trips, condition = '', ...states] = node.inputs;
  const body = bodyOf(node, 'body');
  const isGiven = trips !== '' && isTrue(s, condition) && goesOn(s, body);
  const made = isGiven ? trips : tripsMade(s, node.name);
  const [trip, going, ...inner] = body.inputs;
  const child = subscope(s);
  const names = new Map([[going.name, truth(s)]]);
  for (const { name, dtype, shape } of [...inner, trip]) {
    names.set(name, addInput(child, name, typed(dtype, shape)));
  }
  const all = instantiate(child, body, names, s.shared.opsets['']);
  const results = body.outputs.slice(1).map(({ name }) => all.get(name) ?? name);
  const count = emit(s, 'Reshape', [made, ints(s, [])]);
  const numbers = emit(s, 'Range', [ints(s, [0], []), count, ints(s, [1], [])]);
  return emitAll(
    s,
    'Scan',
    [...states, numbers],
    { body: finishBody(child, results), num_scan_inputs: 1 },
    results.length,
  );
}

/** The branch that is taken is computed again, and its cotangents with it. */
function branches({ scope: s, node, cotangents, isActive, backward }: Call): readonly Lazy[] {
  const wanted = capturedBy(node).filter(isActive);
  const written = ['then_branch', 'else_branch'].map((name) => {
    const branch = bodyOf(node, name);
    const child = subscope(s);
    const names = instantiate(child, branch, new Map(), s.shared.opsets['']);
    const seeds = branch.outputs.flatMap((info, index) => {
      const g = cotangents[index];
      return g === null ? [] : [[names.get(info.name) ?? info.name, g] as const];
    });
    return { child, found: backward(child, [...child.nodes], seeds, wanted) };
  });
  const shared = wanted.filter((value) => written.some(({ found }) => found.has(value)));
  if (shared.length === 0) return [];
  const [thenBranch, elseBranch] = written.map(({ child, found }) =>
    finishBody(
      child,
      shared.map((value) => found.get(value) ?? zerosLike(child, value)),
    ),
  );
  const attributes = { then_branch: thenBranch, else_branch: elseBranch };
  const outputs = emitAll(s, 'If', node.inputs, attributes, shared.length);
  return [
    null,
    ...capturedBy(node).map((value): Lazy => {
      const index = shared.indexOf(value);
      return index < 0 ? null : () => outputs[index];
    }),
  ];
}

/** Operators with subgraphs. */
export const control: Readonly<Record<string, Rule>> = {
  Scan: scan,
  Loop: byExpansion(asScan),
  If: { vjp: branches },
};
