import { activation } from '../activation/index.ts';
import type { Landmarks } from './flow.ts';
import type { Layer } from './layer.ts';
import type { Link } from './parameter.ts';

const MOVES = new Set([
  'Identity',
  'Dropout',
  'Reshape',
  'Flatten',
  'Transpose',
  'Squeeze',
  'Unsqueeze',
]);

/** The links between consecutive hidden layers of the graph. */
export function findLinks(
  landmarks: Landmarks,
  layers: readonly Layer[],
  positionOf: (layer: Layer) => 'first' | 'hidden' | 'head',
): Link[] {
  const links: Link[] = [];
  for (const layer of layers) {
    const [operand] = layer.operands;
    if (layer.operands.length !== 1 || positionOf(layer) !== 'hidden') continue;
    const from = previousOutput(landmarks, layer.input);
    if (from === null || !landmarks.wiring.graph.constants.has(operand.view.pieces[0].parameter))
      continue;
    links.push({ parameter: operand.view.pieces[0].parameter, from, to: layer.output });
  }
  return links;
}

/** The output of the layer before, if what stands between scales in proportion. */
function previousOutput({ wiring, sites, layerAt }: Landmarks, value: string): string | null {
  let current = value;
  for (let steps = 0; steps < 8; steps++) {
    const before = layerAt.get(current);
    if (before !== undefined) return before.operands.length === 1 ? current : null;
    const site = sites.get(current);
    if (site !== undefined) {
      if (site.name === 'custom' || !activation(site.name).homogeneous) return null;
      current = site.source;
      continue;
    }
    const node = wiring.producer.get(current);
    if (node === undefined || !MOVES.has(node.operator)) return null;
    current = node.inputs[0];
  }
  return null;
}
