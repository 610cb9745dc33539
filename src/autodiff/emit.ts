import type { Attribute, Node } from '../graph/index.ts';
import { foldNumbers } from './fold.ts';
import { infer } from './infer/index.ts';
import { graphsIn } from './reads.ts';
import { claim, ints, typeOf, type Scope } from './scope.ts';
import { fixedShape, merged, partsOf, unknown, withParts, type Type } from './type.ts';

/** Attributes of a node, by name. */
export type Attributes = Readonly<Record<string, Attribute>>;

/** Operators that give something else each time. */
const random: ReadonlySet<string> = new Set([
  'Bernoulli',
  'Multinomial',
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
]);

/** Whether a node gives something else each time; a dropout does if it is or may be in training and drops. */
export function isRandom(scope: Scope, { operator, inputs }: Node): boolean {
  if (operator !== 'Dropout') return random.has(operator);
  const training = inputs[2] ?? '';
  if (training === '' || typeOf(scope, training).value?.[0] === 0) return false;
  const ratio = inputs[1] ?? '';
  return ratio === '' || typeOf(scope, ratio).value?.[0] !== 0;
}

function keyOf(scope: Scope, node: Node, count: number): string | null {
  const entries = Object.entries(node.attributes).sort(([a], [b]) => (a < b ? -1 : 1));
  if (isRandom(scope, node) || entries.some(([, value]) => graphsIn(value).length > 0)) return null;
  const parts = entries.map(([name, value]) =>
    typeof value === 'object' && 'dtype' in value
      ? [name, value.dtype, value.shape, Array.from(value.data, String)]
      : [name, value],
  );
  return JSON.stringify([node.domain, node.operator, node.inputs, count, parts]);
}

function note(scope: Scope, name: string): void {
  for (const trace of scope.traces) trace.add(name);
}

/** The types of what a node makes. */
export function typesOf(scope: Scope, node: Node): Type[] {
  const around = { typeOf: (name: string) => typeOf(scope, name), infer };
  const inputs = node.inputs.map((name) => (name === '' ? unknown : around.typeOf(name)));
  const types = infer(node, inputs, around);
  return node.outputs.map((_, index) => {
    const type = types[index] ?? unknown;
    return partsOf(type) === null ? withParts(type, foldNumbers(node, inputs, type)) : type;
  });
}

/**
 * Writes a node whose names are free. If the same is written already nothing is added; the names of the
 * outputs that are there come back.
 */
export function write(scope: Scope, node: Node, known: readonly Type[] = []): readonly string[] {
  const key = keyOf(scope, node, node.outputs.length);
  const before = key === null ? undefined : scope.written.get(key);
  if (before !== undefined) {
    const maker = scope.makers.get(before[0]);
    if (maker !== undefined) note(scope, maker);
    return before;
  }
  const types = typesOf(scope, node);
  for (const [index, output] of node.outputs.entries()) {
    if (output === '') continue;
    scope.types.set(output, merged(types[index], known[index] ?? unknown));
    scope.makers.set(output, node.name);
  }
  scope.positions.set(node.name, scope.nodes.length);
  scope.nodes.push(node);
  if (key !== null) scope.written.set(key, node.outputs);
  note(scope, node.name);
  return node.outputs;
}

/** Applies an operator with several outputs. */
export function emitAll(
  scope: Scope,
  operator: string,
  inputs: readonly string[],
  attributes: Attributes,
  count: number,
): readonly string[] {
  const name = claim(scope, `d/${operator}`);
  const outputs = Array.from({ length: count }, (_, index) =>
    claim(scope, index === 0 ? `${name}:out` : `${name}:out${index}`),
  );
  return write(scope, { name, operator, domain: '', inputs, outputs, attributes });
}

function isSame(a: Type, b: Type): boolean {
  const shape = fixedShape(a.shape);
  return shape !== null && shape.join() === fixedShape(b.shape)?.join();
}

/** Applies an operator. What changes nothing is left out, and known integers are stored. */
export function emit(
  scope: Scope,
  operator: string,
  inputs: readonly string[],
  attributes: Attributes = {},
): string {
  const draft: Node = { name: '', operator, domain: '', inputs, outputs: ['draft'], attributes };
  const [type] = typesOf(scope, draft);
  if (type.dtype === 'int64' && type.value !== null) {
    const shape = fixedShape(type.shape);
    if (shape !== null) return ints(scope, type.value, shape);
  }
  const [x] = inputs;
  const isIdle = operator === 'Reshape' || operator === 'Expand';
  if (isIdle && isSame(type, typeOf(scope, x))) return x;
  return emitAll(scope, operator, inputs, attributes, 1)[0];
}

/** The name of a further output of a node that stands in `scope`, which is asked for from now on. */
export function furtherOutput(scope: Scope, node: Node, index: number): string {
  const position = scope.positions.get(node.name) ?? -1;
  const own = scope.nodes[position];
  const present = own.outputs[index] ?? '';
  if (present !== '') return present;
  const outputs = Array.from(
    { length: Math.max(own.outputs.length, index + 1) },
    (_, at) => own.outputs[at] ?? '',
  );
  outputs[index] = claim(scope, `${own.outputs[0]}:out${index}`);
  const wider = { ...own, outputs };
  scope.types.set(outputs[index], typesOf(scope, wider)[index]);
  scope.nodes[position] = wider;
  return outputs[index];
}
