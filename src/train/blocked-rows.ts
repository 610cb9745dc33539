import type { ValueType } from '../autodiff/index.ts';
import { numberAttribute, numbersAttribute, type Constant, type Node } from '../graph/index.ts';
import { toFloat64, type Tensor } from '../tensor/index.ts';
import { integers, plainNode, type Writing } from './blocked-writing.ts';

/** Places of images that are picked in blocks: the rows of a channel lie a block apart, which takes longer once a block is larger than the cache. */
const mostPlaces = 256;

/** What rows are picked of: an image [N, C, H, W], as rows [C · H · W, N] that maybe others follow. */
interface PickedRows {
  readonly image: string;
  readonly channels: number;
  readonly places: number;
  /** Extents to be added around the rows; none if `null`. */
  readonly pads: string | null;
}

/** The rows that a `Gather` picks by integers that are stored, if they are such of an image; `null` for other nodes. */
function pickedRowsOf(
  node: Node,
  makers: ReadonlyMap<string, Node>,
  types: ReadonlyMap<string, ValueType>,
): PickedRows | null {
  const makerOf = (name: string, operator: string): Node | null => {
    const maker = makers.get(name);
    return maker?.operator === operator && maker.domain === '' ? maker : null;
  };
  if (node.operator !== 'Gather' || numberAttribute(node, 'axis', 0) !== 0) return null;
  const pad = makerOf(node.inputs[0], 'Pad');
  const turn = makerOf(pad?.inputs[0] ?? node.inputs[0], 'Transpose');
  const flat = makerOf(turn?.inputs[0] ?? '', 'Reshape');
  if (turn === null || flat === null || numbersAttribute(turn, 'perm')?.[0] !== 1) return null;
  const { dtype = null, shape = null } = types.get(flat.inputs[0]) ?? {};
  const [, channels, height, width] = shape?.map(Number) ?? [];
  const isFlat = types.get(flat.outputs[0])?.shape?.[1] === channels * height * width;
  const around = types.get(pad?.inputs[1] ?? '')?.value ?? null;
  const isBehind = pad === null || (pad.inputs.length === 2 && around?.[0] === 0);
  const places = height * width;
  if (dtype !== 'float32' || shape?.length !== 4 || !isFlat || !isBehind) return null;
  if (places > mostPlaces) return null;
  return { image: flat.inputs[0], channels, places, pads: pad?.inputs[1] ?? null };
}

/** Where the rows lie in an image whose channels lie in blocks: (c, p) at (c / b, p, c mod b). What follows them stays. */
function picksInBlocks(picks: Constant, { channels, places }: PickedRows, block: number): Constant {
  const { shape } = picks;
  const count = channels * places;
  const read = (): Tensor => {
    const rows = toFloat64(picks.read());
    const data = BigInt64Array.from(rows, (row) => {
      if (row >= count) return BigInt(row);
      const channel = Math.floor(row / places);
      const before = Math.floor(channel / block) * places + (row % places);
      return BigInt(before * block + (channel % block));
    });
    return { dtype: 'int64', shape, data };
  };
  return {
    name: `${picks.name}:${channels}x${places} in blocks`,
    dtype: 'int64',
    shape,
    source: 'initializer',
    read,
  };
}

/**
 * Writes a `Gather` of rows of an image that is there in blocks from there, so that the image need not be put back: its places
 * and channels are picked where they lie. What made the rows is read no more. False where there is no such image.
 */
export function writeRows(w: Writing, node: Node): boolean {
  const rows = pickedRowsOf(node, w.makers, w.types);
  const picks = w.constants.get(node.inputs[1]);
  const own = w.blocked.get(rows?.image ?? '');
  if (rows === null || picks === undefined || own === undefined) return false;
  const { channels, places, pads } = rows;
  const [output] = node.outputs;
  const inBlocksToo = picksInBlocks(picks, rows, w.block);
  w.constants.set(inBlocksToo.name, inBlocksToo);
  const [flat, turned, padded] = ['flat', 'turned', 'padded'].map((what) => `${output}:${what}`);
  w.nodes.push(
    plainNode('Reshape', [own, integers(w, [-1, channels * places])], flat),
    plainNode('Transpose', [flat], turned, { perm: [1, 0] }),
  );
  if (pads !== null) w.nodes.push(plainNode('Pad', [turned, pads], padded));
  w.nodes.push({ ...node, inputs: [pads === null ? turned : padded, inBlocksToo.name] });
  w.plain.add(output);
  return true;
}
