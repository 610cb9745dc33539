import type { AttributeProto, FunctionProto, ModelProto, NodeProto } from 'onnx-buf';
import type { Node } from '../graph.ts';
import { domainOf } from './opset.ts';
import { bound, claimed, inner, resolved, unfoldInto, type Decoding, type Scope } from './scope.ts';
import { quoted } from './wording.ts';

const keyOf = (domain: string, name: string, overload: string): string =>
  JSON.stringify([domainOf(domain), name, overload]);

/** The functions that a model brings along, by domain, name and overload. `RangeError` for two alike. */
export function functionsOf(proto: ModelProto, file: string): ReadonlyMap<string, FunctionProto> {
  const functions = new Map<string, FunctionProto>();
  for (const definition of proto.functions) {
    const { domain, name, overload } = definition;
    const key = keyOf(domain, name, overload);
    if (functions.has(key)) {
      throw new RangeError(`${file}: functions must be unique, got ${quoted(name)} twice`);
    }
    functions.set(key, definition);
  }
  return functions;
}

/** The function that a node calls, `undefined` if it is an operator. */
export function calledBy(decoding: Decoding, node: NodeProto): FunctionProto | undefined {
  return decoding.functions.get(keyOf(node.domain, node.opType, node.overload));
}

function attributesOf(
  call: NodeProto,
  definition: FunctionProto,
  scope: Scope,
): Map<string, readonly [AttributeProto, Scope]> {
  const attributes = new Map<string, readonly [AttributeProto, Scope]>();
  for (const attribute of definition.attributeProto) {
    attributes.set(attribute.name, [attribute, scope]);
  }
  for (const attribute of call.attribute) {
    const given =
      attribute.refAttrName === ''
        ? ([attribute, scope] as const)
        : scope.attributes.get(attribute.refAttrName);
    if (given !== undefined) attributes.set(attribute.name, given);
  }
  return attributes;
}

/** How much work it is to decode these nodes once more, in nodes, names and attribute values. */
export function sizeOfNodes(nodes: readonly NodeProto[]): number {
  let size = nodes.length;
  for (const { input, output, attribute } of nodes) {
    size += input.length + output.length;
    for (const { ints, floats, strings, t } of attribute) {
      size += 1 + ints.length + floats.length + strings.length;
      if (t === undefined) continue;
      size += t.dims.length + t.floatData.length + t.int32Data.length;
      size += t.int64Data.length + t.doubleData.length + t.uint64Data.length;
    }
  }
  return size;
}

/**
 * The scope in which the body of a called function is decoded: its inputs and outputs are bound to the
 * values of the call, everything else gets the name of the call in front.
 */
export function scopeOfCall(
  decoding: Decoding,
  call: NodeProto,
  name: string,
  definition: FunctionProto,
  scope: Scope,
): Scope {
  const { input, output, attributeProto } = definition;
  unfoldInto(decoding, 1 + input.length + output.length + attributeProto.length);
  const names = new Map<string, string>();
  for (const [index, formal] of input.entries()) {
    if (formal === '') continue;
    names.set(formal, resolved(decoding, scope, call.input[index] ?? ''));
  }
  for (const [index, formal] of output.entries()) {
    const actual = bound(decoding, scope, call.output[index] ?? '');
    if (actual !== '' && !names.has(formal)) names.set(formal, actual);
  }
  const functionPrefix = `${definition.name}/`;
  const attributes = attributesOf(call, definition, scope);
  return inner(
    decoding,
    { parent: null, body: definition, prefix: `${name}/`, functionPrefix, names, attributes },
    scope,
  );
}

/** Nodes that pass on those outputs of a call that no node of its body produces under their own name. */
export function passedOn(
  decoding: Decoding,
  call: NodeProto,
  definition: FunctionProto,
  around: Scope,
  inside: Scope,
  isProduced: (value: string) => boolean,
): readonly Node[] {
  const nodes: Node[] = [];
  for (const [index, formal] of definition.output.entries()) {
    const actual = bound(decoding, around, call.output[index] ?? '');
    if (actual === '' || isProduced(actual)) continue;
    const source = resolved(decoding, inside, formal);
    if (source === actual || source === '') {
      throw new RangeError(
        `${decoding.file}: function ${quoted(definition.name)} must produce its output ${quoted(formal)}, got nothing`,
      );
    }
    nodes.push({
      name: claimed(decoding.nodeNames, `${inside.prefix}${formal}`),
      operator: 'Identity',
      domain: '',
      inputs: [source],
      outputs: [actual],
      attributes: {},
    });
  }
  return nodes;
}
