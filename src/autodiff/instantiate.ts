import type { Attribute, Graph, Node } from '../graph/index.ts';
import { asProduct } from './columns.ts';
import { write } from './emit.ts';
import { expanded } from './fused/index.ts';
import { modernised } from './modernise.ts';
import {
  addConstant,
  addInput,
  claim,
  finish,
  storedAgain,
  subscope,
  typeOf,
  type Scope,
} from './scope.ts';
import { merged, typed, unknown, type Type } from './type.ts';

/** What the values of a graph are called where it is written again. */
export type Names = ReadonlyMap<string, string>;

/** Passes a value on under a name of its own. */
export function passOn(scope: Scope, value: string, name: string): string {
  return passOnAs(scope, value, claim(scope, name));
}

/** Passes a value on under a name that nothing has. */
export function passOnAs(scope: Scope, value: string, output: string): string {
  const own = claim(scope, `${output}:identity`);
  const { dtype, shape } = typeOf(scope, value);
  scope.types.set(output, typed(dtype, shape));
  scope.makers.set(output, own);
  scope.positions.set(own, scope.nodes.length);
  scope.nodes.push({
    name: own,
    operator: 'Identity',
    domain: '',
    inputs: [value],
    outputs: [output],
    attributes: {},
  });
  return output;
}

/** The subgraph that was written, with outputs that are its own and distinct. */
export function finishBody(scope: Scope, outputs: readonly string[]): Graph {
  const seen = new Set<string>();
  const own = outputs.map((output) => {
    const isOwn = scope.makers.has(output) && !seen.has(output);
    seen.add(output);
    return isOwn ? output : passOn(scope, output, 'd/output');
  });
  return finish(scope, own);
}

function typeOfInput(body: Graph, index: number, known: Type): Type {
  const { dtype, shape } = body.inputs[index];
  const type = merged(known, typed(dtype, shape));
  return typed(type.dtype, type.shape);
}

/** The subgraph `body` written again inside `scope`; `known` are the types of its inputs. */
function rewritten(
  scope: Scope,
  body: Graph,
  names: Names,
  known: readonly Type[],
  opset: number,
): Graph {
  const child = subscope(scope);
  const inside = new Map(names);
  for (const [index, { name }] of body.inputs.entries()) {
    inside.set(name, addInput(child, name, typeOfInput(body, index, known[index] ?? unknown)));
  }
  const all = instantiate(child, body, inside, opset);
  return finishBody(
    child,
    body.outputs.map(({ name }) => all.get(name) ?? name),
  );
}

function rewrittenAttribute(
  scope: Scope,
  value: Attribute,
  names: Names,
  opset: number,
): Attribute {
  if (typeof value !== 'object') return value;
  if ('nodes' in value) return rewritten(scope, value, names, [], opset);
  return value;
}

/**
 * Writes the nodes of a graph into `scope`, each in the form of the newest operator sets, composed ones in
 * their parts. `names` says what
 * its inputs and the values around it are called there; what comes back says it of all its values.
 */
export function instantiate(scope: Scope, graph: Graph, names: Names, opset: number): Names {
  const all = new Map(names);
  for (const [name, constant] of graph.constants) {
    const known = storedAgain(scope, constant);
    if (known !== null) {
      all.set(name, known);
      continue;
    }
    const own = claim(scope, name);
    addConstant(scope, own === name ? constant : { ...constant, name: own });
    all.set(name, own);
  }
  const rename = (name: string): string => all.get(name) ?? name;
  for (const node of graph.nodes) {
    const attributes = Object.fromEntries(
      Object.entries(node.attributes).map(([key, value]) => [
        key,
        rewrittenAttribute(scope, value, all, opset),
      ]),
    );
    const outputs = node.outputs.map((output) => (output === '' ? '' : claim(scope, output)));
    const named: Node = {
      ...node,
      name: claim(scope, node.name),
      inputs: node.inputs.map(rename),
      outputs,
      attributes,
    };
    const known = node.outputs.map((output) => {
      const declared = graph.values.get(output);
      return declared === undefined ? unknown : typed(declared.dtype, declared.shape);
    });
    const product = scope.shared.asProducts ? asProduct(scope, named) : null;
    const written =
      product ?? expanded(scope, named) ?? write(scope, modernised(scope, named, opset), known);
    for (const [index, output] of node.outputs.entries()) {
      if (output !== '' && index < written.length) all.set(output, written[index]);
    }
  }
  for (const { name, dtype, shape } of graph.outputs) {
    const own = rename(name);
    const type = typeOf(scope, own);
    // An engine wants to know the shapes of what a body gives, which its file may say.
    const isOpen = type.shape === null && shape !== null && scope.makers.has(own);
    if (isOpen) scope.types.set(own, merged(type, typed(dtype, shape)));
  }
  return all;
}
