import type { LayerPart, LayerParts } from '../../../network/index.ts';
import { sizeOf, stridesOf } from '../../../tensor/index.ts';
import { torchFans } from './fans.ts';
import { constantLaw, kaimingLaw, normalLaw, paddedLaw, uniformLaw } from './laws.ts';
import { moduleOf, wholePlace, type TorchModule, type TorchTensor } from './module.ts';

/** A weight in PyTorch's layout, its law the default of weights. */
function weightTensor(part: LayerPart, excludesEnd: boolean): TorchTensor {
  const shape = torchShape(part);
  const law = kaimingLaw(shape, excludesEnd);
  return { shape, law, places: [wholePlace(part, torchStrides(part))] };
}

/** `[out, in]` of a dense weight, whichever way round it is stored; the stored shape of a kernel. */
export function torchShape({ shape, layout }: LayerPart): readonly number[] {
  if (layout.includes('kernel')) return shape;
  return [shape[layout.indexOf('out')], shape[layout.indexOf('in')]];
}

/** What one step along each axis of an operand is in PyTorch's layout. */
export function torchStrides({ shape, layout }: LayerPart): readonly number[] {
  if (layout.includes('kernel')) return stridesOf(shape);
  const inputs = shape[layout.indexOf('in')];
  return layout.map((role) => (role === 'out' ? inputs : 1));
}

/** A bias, or any other vector whose elements stand in PyTorch's order. */
export function vectorTensor(part: LayerPart, law: TorchTensor['law']): TorchTensor {
  return { shape: [sizeOf(part.shape)], law, places: [wholePlace(part, stridesOf(part.shape))] };
}

const CONVOLUTIONS = new Set(['Conv', 'FusedConv', 'ConvTranspose']);

/**
 * The `Linear` or `Conv` whose weight a layer reads; `null` if its weight is not a matrix or a kernel. A
 * kernel that an exporter joined with a batch normalisation had no bias of its own.
 */
export function weightedModule(
  { operator, parts }: LayerParts,
  excludesEnd: boolean,
): TorchModule | null {
  const [weight] = parts;
  const bias = parts.find(({ role }) => role === 'bias');
  const isConvolution = CONVOLUTIONS.has(operator);
  const roles = weight.layout.filter((role) => role !== 'kernel');
  if (roles.length !== 2 || roles.includes('batch')) return null;
  const tensor = weightTensor(weight, excludesEnd);
  const { fanIn } = torchFans('torch.nn', tensor.shape);
  const isJoined =
    isConvolution && weight.pieces.some(({ parameter }) => parameter.startsWith('onnx::'));
  const biasLaw = isJoined ? constantLaw(0) : uniformLaw(fanIn, 'fan_in', excludesEnd);
  const tensors = bias === undefined ? [tensor] : [tensor, vectorTensor(bias, biasLaw)];
  return moduleOf(isConvolution ? convolutionKind(operator, weight) : 'torch.nn.Linear', tensors);
}

function convolutionKind(operator: string, { shape }: LayerPart): string {
  return `torch.nn.${operator === 'ConvTranspose' ? 'ConvTranspose' : 'Conv'}${shape.length - 2}d`;
}

/** An `Embedding`. A position table that is no embedding has no default. */
export function embeddingModule({ parts: [table] }: LayerParts): TorchModule | null {
  const isModule =
    table.role === 'embedding' ||
    (table.shape.length === 2 && table.pieces.every(({ parameter }) => isEmbedding(parameter)));
  if (!isModule) return null;
  const places = [wholePlace(table, stridesOf(table.shape))];
  const padding = paddingOf(table);
  const law = padding === null ? normalLaw : paddedLaw(table.shape[1], padding);
  return moduleOf('torch.nn.Embedding', [{ shape: table.shape, law, places }]);
}

/** The `padding_idx` of an embedding: the one row that is stored as zeros; `null` if there is not one. */
function paddingOf({ shape, read }: LayerPart): number | null {
  const [rows, width] = shape;
  if (read === undefined || shape.length !== 2 || rows < 2 || width === 0) return null;
  const { data } = read();
  let found: number | null = null;
  for (let row = 0; row < rows; row++) {
    let column = 0;
    while (column < width && Number(data[row * width + column]) === 0) column++;
    if (column < width) continue;
    if (found !== null) return null;
    found = row;
  }
  return found;
}

/** Whether a stored name is that of an embedding's weight, or of what an exporter gathered from one. */
function isEmbedding(name: string): boolean {
  return /(^|[./])weight$/.test(name) || /^(onnx::\w+|embedding(_\d+)?|val_\d+)$/.test(name);
}

const CELL = /^(.*[./])?(weight|bias)_(ih|hh)(_l\d+(?:_reverse)?)?$/;

/** The recurrent cell that a product belongs to, by the name of its weight or of its bias. */
export interface CellProduct {
  /** What names the cell: the path of its module, and layer and direction where it has some. */
  readonly cell: string;
  /** Whether it multiplies the input or the state. */
  readonly side: string;
}

/** The cell that a product belongs to, `null` if to none. */
export function cellProduct({ parts }: LayerParts): CellProduct | null {
  if (parts[0].role.startsWith('recurrent')) return null;
  for (const { pieces } of parts) {
    const match = CELL.exec(pieces[0]?.parameter ?? '');
    if (match !== null) return { cell: `${match[1] ?? ''}|${match[4] ?? ''}`, side: match[3] };
  }
  return null;
}

/**
 * The `LSTMCell`, `GRUCell` or `RNNCell`, or the layer of an `RNN` that an exporter unrolled, that several
 * products come from; `null` where one of the two products is missing.
 */
export function cellModule(
  products: readonly { readonly side: string; readonly layer: LayerParts }[],
  excludesEnd: boolean,
): TorchModule | null {
  const find = (side: string): LayerParts | undefined =>
    products.find((product) => product.side === side)?.layer;
  const [input, hidden] = [find('ih'), find('hh')];
  if (input === undefined || hidden === undefined) return null;
  const [rows, width] = torchShape(hidden.parts[0]);
  const law = uniformLaw(width, 'hidden', excludesEnd);
  const kind = { 4: 'LSTMCell', 3: 'GRUCell', 1: 'RNNCell' }[rows / width];
  if (kind === undefined) return null;
  const weights = [input, hidden].map(({ parts: [part] }): TorchTensor => {
    return { shape: torchShape(part), law, places: [wholePlace(part, torchStrides(part))] };
  });
  const biases = [input, hidden].flatMap(({ parts }) =>
    parts.filter(({ role }) => role === 'bias').map((part) => vectorTensor(part, law)),
  );
  return moduleOf(`torch.nn.${kind}`, [...weights, ...biases]);
}
