import { numberAttribute, numbersAttribute, type Node } from '../../graph/index.ts';
import { emit, emitAll } from '../emit.ts';
import { add, extents, mul, rankOf, reshape, slice, transpose, unsqueeze } from '../ops.ts';
import { ints, scalar, typeOf, type Scope } from '../scope.ts';
import type { Expansion } from './expansion.ts';

/** Queries, keys and values `[batch, heads, places, width]`, and what is added to their products. */
interface Parts {
  readonly q: string;
  readonly k: string;
  readonly v: string;
  readonly bias: string;
  readonly isCausal: boolean;
  /** The factor of the products; `1/√width` if `null`. */
  readonly scale: number | null;
}

/** What may not be looked at gets -∞, elsewhere 0. */
function barred(s: Scope, isOpen: string, like: string, low = -Infinity): string {
  return emit(s, 'Where', [isOpen, scalar(s, 0, like), scalar(s, low, like)]);
}

/** Whether a key does not stand behind a query, `[queries, keys]`. */
function notBehind(s: Scope, q: string, k: string): string {
  const shape = emit(s, 'Concat', [extents(s, q, 2, 3), extents(s, k, 2, 3)], { axis: 0 });
  const ones = emit(s, 'Expand', [scalar(s, 1, q), shape]);
  const lower = emit(s, 'Trilu', [ones], { upper: 0 });
  return emit(s, 'Greater', [lower, scalar(s, 0, q)]);
}

/** `softmax(α q kᵀ + bias) v`. */
function attend(s: Scope, { q, k, v, bias, isCausal, scale }: Parts): string {
  const width = emit(s, 'CastLike', [emit(s, 'Shape', [q], { start: 3 }), q]);
  const factor =
    scale === null ? emit(s, 'Reciprocal', [emit(s, 'Sqrt', [width])]) : scalar(s, scale, q);
  let products = emit(s, 'MatMul', [mul(s, q, factor), transpose(s, k, [0, 1, 3, 2])]);
  if (bias !== '') products = add(s, products, bias);
  if (isCausal) products = add(s, products, barred(s, notBehind(s, q, k), q));
  return emit(s, 'MatMul', [emit(s, 'Softmax', [products], { axis: -1 }), v]);
}

/** `[batch, places, heads · width]` as `[batch, heads, places, width]`. */
function byHead(s: Scope, x: string, heads: number): string {
  return transpose(s, reshape(s, x, [0, 0, heads, -1]), [0, 2, 1, 3]);
}

function joined(s: Scope, y: string): string {
  return reshape(s, transpose(s, y, [0, 2, 1, 3]), [0, 0, -1]);
}

/** Each head `times` times, one after the other. */
function repeated(s: Scope, x: string, times: number): string {
  if (times === 1) return x;
  const wide = unsqueeze(s, x, [2]);
  const copies = emit(
    s,
    'Concat',
    Array.from({ length: times }, () => wide),
    { axis: 2 },
  );
  const rest = emit(s, 'Concat', [ints(s, [0, -1]), extents(s, x, 2)], { axis: 0 });
  return emit(s, 'Reshape', [copies, rest]);
}

function headsOf(s: Scope, node: Node, value: string, attribute: string): number | null {
  const given = numberAttribute(node, attribute, 0);
  if (given > 0) return given;
  const extent = typeOf(s, value).shape?.[1];
  return rankOf(s, value) === 4 && typeof extent === 'number' ? extent : null;
}

const standard: Expansion = (s, node) => {
  const [q, k, v, mask = '', pastKey = '', pastValue = '', lengths = ''] = node.inputs;
  const isCausal = numberAttribute(node, 'is_causal', 0) !== 0;
  const rank = rankOf(s, q);
  const [heads, shared] = [headsOf(s, node, q, 'q_num_heads'), headsOf(s, node, k, 'kv_num_heads')];
  const isCapped = numberAttribute(node, 'softcap', 0) !== 0;
  const isOther = isCapped || lengths !== '' || (isCausal && pastKey !== '');
  if (isOther || heads === null || shared === null || (rank !== 3 && rank !== 4)) return null;
  const apart = (x: string, count: number): string => (rank === 3 ? byHead(s, x, count) : x);
  const after = (past: string, x: string): string =>
    past === '' ? x : emit(s, 'Concat', [past, x], { axis: 2 });
  const keys = after(pastKey, apart(k, shared));
  const values = after(pastValue, apart(v, shared));
  const isBool = mask !== '' && typeOf(s, mask).dtype === 'bool';
  const y = attend(s, {
    q: apart(q, heads),
    k: repeated(s, keys, heads / shared),
    v: repeated(s, values, heads / shared),
    bias: isBool ? barred(s, mask, q) : mask,
    isCausal,
    scale: typeof node.attributes.scale === 'number' ? node.attributes.scale : null,
  });
  return [rank === 3 ? joined(s, y) : y, keys, values];
};

/** The bias of keys that are masked by 0, `[batch, 1, 1, keys]`; `null` for masks of another form. */
function keyBias(s: Scope, node: Node, mask: string, like: string): string | null {
  if (mask === '') return '';
  if (rankOf(s, mask) !== 2) return null;
  const isOpen = emit(s, 'Greater', [emit(s, 'Cast', [mask], { to: 7 }), ints(s, [0], [])]);
  const low = numberAttribute(node, 'mask_filter_value', -10_000);
  return barred(s, unsqueeze(s, isOpen, [1, 2]), like, low);
}

function scaleOf(node: Node): number | null {
  const scale = numberAttribute(node, 'scale', 0);
  return scale === 0 ? null : scale;
}

/** With the projections of queries, keys and values in one product before it. */
const projected: Expansion = (s, node) => {
  const [x, weights, bias = '', mask = '', past = '', extra = ''] = node.inputs;
  const heads = numberAttribute(node, 'num_heads', 0);
  const sizes = numbersAttribute(node, 'qkv_hidden_sizes');
  const masked = keyBias(s, node, mask, x);
  const isRotary = numberAttribute(node, 'do_rotary', 0) !== 0;
  if (past !== '' || masked === null || isRotary) return null;
  const product = emit(s, 'MatMul', [x, weights]);
  const all = bias === '' ? product : add(s, product, bias);
  const parts =
    sizes === null
      ? emitAll(s, 'Split', [all], { axis: -1, num_outputs: 3 }, 3)
      : emitAll(s, 'Split', [all, ints(s, sizes)], { axis: -1 }, 3);
  const [q, k, v] = parts.map((part) => byHead(s, part, heads));
  const biases = [masked, extra].filter((value) => value !== '');
  const y = attend(s, {
    q,
    k,
    v,
    bias: biases.length === 0 ? '' : biases.reduce((a, b) => add(s, a, b)),
    isCausal: numberAttribute(node, 'unidirectional', 0) !== 0,
    scale: scaleOf(node),
  });
  return [joined(s, y)];
};

/** Of queries, keys and values that are given `[batch, places, heads · width]`. */
const multiHead: Expansion = (s, node) => {
  const [q, k = '', v = '', bias = '', mask = '', extra = '', ...past] = node.inputs;
  const masked = keyBias(s, node, mask, q);
  const isOther = k === '' || v === '' || past.some((value) => value !== '');
  if (isOther || masked === null || [q, k, v].some((value) => rankOf(s, value) !== 3)) return null;
  const heads = numberAttribute(node, 'num_heads', 0);
  const width = typeOf(s, q).shape?.[2];
  if (bias !== '' && typeof width !== 'number') return null;
  const shifted = (x: string, at: number): string => {
    if (bias === '' || typeof width !== 'number') return x;
    const end = at === 2 ? Number.MAX_SAFE_INTEGER : (at + 1) * width;
    return add(s, x, slice(s, bias, 0, at * width, end));
  };
  const [queries, keys, values] = [q, k, v].map((x, at) => byHead(s, shifted(x, at), heads));
  const biases = [masked, extra].filter((value) => value !== '');
  const y = attend(s, {
    q: queries,
    k: keys,
    v: values,
    bias: biases.length === 0 ? '' : biases.reduce((a, b) => add(s, a, b)),
    isCausal: numberAttribute(node, 'unidirectional', 0) !== 0,
    scale: scaleOf(node),
  });
  return [joined(s, y), keys, values];
};

/** Attention with heads. */
export const attention: Readonly<
  Record<'standard' | 'fused', Readonly<Record<string, Expansion>>>
> = {
  standard: { Attention: standard },
  fused: { Attention: projected, MultiHeadAttention: multiHead },
};
