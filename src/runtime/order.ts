import type { AttributeProto, GraphProto, NodeProto } from 'onnx-buf';

function readsOfAttribute({ g, graphs }: AttributeProto): readonly string[] {
  return [...(g === undefined ? [] : [g]), ...graphs].flatMap(readsOfGraph);
}

function readsOfGraph({ node, output }: GraphProto): readonly string[] {
  return [...node.flatMap(readsOf), ...output.map(({ name }) => name)];
}

function readsOf({ input, attribute }: NodeProto): readonly string[] {
  return attribute.length === 0 ? input : [...input, ...attribute.flatMap(readsOfAttribute)];
}

/**
 * The nodes in an order in which onnxruntime holds little at a time. It goes back from the nodes that
 * nothing reads, the last of them first, and runs what each needs; so these stand at the end, the last
 * first. In a derivative they make the gradients, which come out from the last layer to the first: each
 * is made as soon as its cotangent is there. A node that only an `Identity` at the end reads counts as one
 * of them, since onnxruntime leaves that out.
 */
export function endsLast(nodes: readonly NodeProto[]): NodeProto[] {
  const readers = new Map<string, NodeProto[]>();
  for (const node of nodes) {
    for (const name of readsOf(node)) {
      if (name === '') continue;
      const list = readers.get(name);
      if (list === undefined) readers.set(name, [node]);
      else list.push(node);
    }
  }
  const isUnread = ({ output }: NodeProto): boolean => output.every((name) => !readers.has(name));
  const isName = (node: NodeProto): boolean => node.opType === 'Identity' && isUnread(node);
  const isEnd = ({ output }: NodeProto): boolean =>
    output.every((name) => readers.get(name)?.every(isName) ?? true);
  const last = nodes.filter((node) => !isName(node) && isEnd(node)).reverse();
  const names = last.flatMap(({ output }) => output.flatMap((name) => readers.get(name) ?? []));
  const placed = new Set([...last, ...names]);
  return [...nodes.filter((node) => !placed.has(node)), ...last, ...new Set(names)];
}
