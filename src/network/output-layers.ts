import type { Graph, Node } from '../graph/index.ts';
import { isFloat } from '../tensor/index.ts';
import type { LayerValue } from './layer-values.ts';
import type { Network } from './parameter.ts';

/**
 * The values at which gradients are 1, predicted and measured alike: those of the last linear layers, after which
 * there is none, by whatever softmax or pooling they are followed; the graph's float outputs where it has no such
 * layer.
 * `layers` are the graph's `layerValues`.
 */
export function outputLayers(
  graph: Graph,
  network: Network,
  layers: readonly LayerValue[],
): readonly string[] {
  const isLayer = new Set(
    network.layers.filter(({ parts }) => parts[0]?.layout.length !== 0).map(({ node }) => node),
  );
  const feeds = new Set<string>();
  const maker = new Map<string, Node>();
  for (const node of [...graph.nodes].reverse()) {
    for (const output of node.outputs) maker.set(output, node);
    const goesOn = isLayer.has(node.name) || node.outputs.some((output) => feeds.has(output));
    if (goesOn) for (const input of node.inputs) feeds.add(input);
  }
  const last = layers.filter(
    ({ name, kind }) =>
      kind === 'linear' &&
      !(maker.get(name)?.outputs ?? [name]).some((output) => feeds.has(output)),
  );
  if (last.length > 0) return last.map(({ name }) => name);
  const floats = graph.outputs.filter(({ dtype }) => dtype === null || isFloat(dtype));
  return floats.map(({ name }) => name);
}
