import type { LayerPart, LayerParts } from '../../../network/index.ts';
import { sizeOf, stridesOf } from '../../../tensor/index.ts';
import { torchShape, torchStrides } from './layer-modules.ts';
import { constantLaw, kaimingLaw, uniformLaw, xavierLaw, zeroedLaw } from './laws.ts';
import { wholePlace, type Place, type TorchModule, type TorchTensor } from './module.ts';

const PROJECTIONS = ['attention_query', 'attention_key', 'attention_value'];

/** Whether a layer projects to queries, keys or values, in part or all. */
export function projectsIn({ parts: [weight] }: LayerParts): boolean {
  return weight.role === 'attention_packed' || PROJECTIONS.includes(weight.role);
}

/** Whether a layer projects what attention mixed. */
export function projectsOut({ parts: [weight] }: LayerParts): boolean {
  return weight.role === 'attention_output';
}

/** Names of the input projections, packed or, where their widths differ, one by one. */
const INPUT_NAME = /(^|[./])(in_proj_(weight|bias)|[qkv]_proj_weight)$/;

const namesOf = ({ parts }: LayerParts): readonly string[] =>
  parts.flatMap(({ pieces }) => pieces.map(({ parameter }) => parameter));

const folderOf = (node: string): string | null =>
  node.startsWith('/') ? node.slice(0, node.lastIndexOf('/')) : null;

/**
 * Whether projections belong to one `MultiheadAttention` and not to `Linear` modules: by the names
 * of its parameters, or by the path that an exporter gave the nodes of one module.
 */
export function isMultihead(ins: readonly LayerParts[], out: LayerParts): boolean {
  if (ins.some((layer) => namesOf(layer).some((name) => INPUT_NAME.test(name)))) return true;
  const folder = folderOf(out.node);
  if (folder !== null && folder !== '' && ins.every(({ node }) => folderOf(node) === folder)) {
    return true;
  }
  const isPacked = ins.some(({ parts: [weight] }) => weight.role === 'attention_packed');
  return isPacked && namesOf(out).some((name) => /(^|[./])out_proj\.(weight|bias)$/.test(name));
}

/**
 * A `MultiheadAttention`: the output projection is drawn first, weight and bias, then the input
 * projection `[3 E, E]` by `xavier_uniform_`, or the three of different widths one by one; the biases are
 * zero. `null` where the projections do not make up one such module.
 */
export function attentionModule(
  ins: readonly LayerParts[],
  out: LayerParts,
  excludesEnd: boolean,
): TorchModule | null {
  const [outWeight] = out.parts;
  const [width] = torchShape(outWeight);
  const ordered = [...ins].sort((a, b) => rankOf(a) - rankOf(b));
  const places: Place[] = [];
  const biases: Place[] = [];
  let row = 0;
  for (const { parts } of ordered) {
    const [weight] = parts;
    places.push({ ...wholePlace(weight, torchStrides(weight)), offset: row * width });
    const bias = parts.find(({ role }) => role === 'bias');
    if (bias !== undefined) {
      biases.push({ ...wholePlace(bias, stridesOf(bias.shape)), offset: row });
    }
    row += torchShape(weight)[0];
  }
  if (row !== 3 * width) return null;
  const isOne = ordered.every(({ parts: [weight] }) => torchShape(weight)[1] === width);
  if (!isOne && ordered.length !== 3) return null;
  const xavierTensor = (shape: readonly number[], at: readonly Place[]): TorchTensor => ({
    shape,
    law: xavierLaw(shape, excludesEnd),
    places: at,
  });
  const tensors = isOne
    ? [xavierTensor([3 * width, width], places)]
    : places.map((place) => xavierTensor(torchShape(place.part), [{ ...place, offset: 0 }]));
  const inputs = tensors.map((_, index) => index);
  const outBias = out.parts.find(({ role }) => role === 'bias');
  const hasBias = biases.length > 0 || outBias !== undefined;
  if (hasBias) tensors.push({ shape: [3 * width], law: constantLaw(0), places: biases });
  const output = tensors.length;
  tensors.push({
    shape: [width, width],
    law: kaimingLaw([width, width], excludesEnd),
    places: [wholePlace(outWeight, torchStrides(outWeight))],
  });
  if (hasBias) {
    const drawn = uniformLaw(width, 'fan_in', excludesEnd);
    tensors.push({ shape: [width], law: zeroedLaw(drawn), places: placesOf(outBias) });
  }
  return {
    kind: 'torch.nn.MultiheadAttention',
    tensors,
    sequence: hasBias ? [output, output + 1, ...inputs, output - 1] : [output, ...inputs],
  };
}

function placesOf(part: LayerPart | undefined): Place[] {
  return part === undefined || sizeOf(part.shape) === 0
    ? []
    : [wholePlace(part, stridesOf(part.shape))];
}

/** Queries come first, then what is packed with them or follows, keys, values. */
function rankOf({ parts: [weight] }: LayerParts): number {
  const index = PROJECTIONS.indexOf(weight.role);
  return index === -1 ? 0.5 : index;
}
