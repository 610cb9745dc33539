/** A function of one number with its derivative, as it is put together node by node. */
export interface Transfer {
  readonly f: (x: number) => number;
  readonly df: (x: number) => number;
  /** Where `f` or `df` jumps. */
  readonly kinks: readonly number[];
  /** `[a, b]` where `f(x) = a x + b`, else `null`. */
  readonly affine: readonly [a: number, b: number] | null;
}

/** `f(x) = x`. */
export const identityTransfer: Transfer = affineTransfer(1, 0);

/** `f(x) = a x + b`. */
export function affineTransfer(a: number, b: number): Transfer {
  return { f: (x) => a * x + b, df: () => a, kinks: [], affine: [a, b] };
}

/** A function of one argument of a graph's operator, with the arguments where it has a kink. */
export interface Step {
  readonly f: (x: number) => number;
  readonly df: (x: number) => number;
  readonly breakpoints: readonly number[];
  /** Where it has a pole that no second moment gets over; none if left out. */
  readonly pole?: number;
  /** Its poles are this far apart, from `pole` on both ways. */
  readonly period?: number;
}

/** `step ∘ inner` on [low, high]. */
export function composed(inner: Transfer, step: Step, low: number, high: number): Transfer {
  if (step.pole !== undefined && meetsPole(inner, step.pole, step.period, low, high)) {
    return UNDEFINED;
  }
  const kinks = new Set(inner.kinks);
  for (const point of step.breakpoints) {
    for (const root of rootsOf((x) => inner.f(x) - point, inner, low, high)) kinks.add(root);
  }
  return {
    f: (x) => step.f(inner.f(x)),
    df: (x) => {
      const slope = inner.df(x);
      return slope === 0 ? 0 : step.df(inner.f(x)) * slope;
    },
    kinks: [...kinks].sort((a, b) => a - b),
    affine: null,
  };
}

function meetsPole(
  inner: Transfer,
  pole: number,
  period: number | undefined,
  low: number,
  high: number,
): boolean {
  // The poles next to 0 are the first that a growing argument meets.
  const poles = period === undefined ? [pole] : [pole, pole - period];
  return poles.some((at) =>
    rootsOf((x) => inner.f(x) - at, inner, low, high).some((x) => x >= low && x <= high),
  );
}

/** A function without moments. */
const UNDEFINED: Transfer = { f: () => NaN, df: () => NaN, kinks: [], affine: null };

/** `a ∘ inner` for `a(x) = scale x + shift`. */
export function rescaled(inner: Transfer, scale: number, shift: number): Transfer {
  return {
    f: (x) => scale * inner.f(x) + shift,
    df: (x) => scale * inner.df(x),
    kinks: inner.kinks,
    affine:
      inner.affine === null ? null : [scale * inner.affine[0], scale * inner.affine[1] + shift],
  };
}

/** How two functions of the same number are put together. */
export type Joint = 'Add' | 'Sub' | 'Mul' | 'Div' | 'Max' | 'Min';

/** `op(f(x), g(x))` on [low, high]. */
export function joined(
  left: Transfer,
  right: Transfer,
  op: Joint,
  low: number,
  high: number,
): Transfer {
  if (left.affine !== null && right.affine !== null && (op === 'Add' || op === 'Sub')) {
    const sign = op === 'Add' ? 1 : -1;
    const [[a, b], [c, d]] = [left.affine, right.affine];
    return affineTransfer(a + sign * c, b + sign * d);
  }
  const kinks = new Set([...left.kinks, ...right.kinks]);
  if (op === 'Max' || op === 'Min') {
    const gap = (x: number): number => left.f(x) - right.f(x);
    for (const root of rootsOf(gap, { ...left, affine: null }, low, high)) kinks.add(root);
  }
  return {
    ...JOINTS[op](left, right),
    kinks: [...kinks].sort((a, b) => a - b),
    affine: null,
  };
}

const JOINTS: Readonly<
  Record<Joint, (left: Transfer, right: Transfer) => Pick<Transfer, 'f' | 'df'>>
> = {
  Add: ({ f, df }, { f: g, df: dg }) => ({ f: (x) => f(x) + g(x), df: (x) => df(x) + dg(x) }),
  Sub: ({ f, df }, { f: g, df: dg }) => ({ f: (x) => f(x) - g(x), df: (x) => df(x) - dg(x) }),
  Mul: ({ f, df }, { f: g, df: dg }) => ({
    f: (x) => f(x) * g(x),
    df: (x) => df(x) * g(x) + f(x) * dg(x),
  }),
  Div: ({ f, df }, { f: g, df: dg }) => ({
    f: (x) => f(x) / g(x),
    df: (x) => (df(x) - (f(x) / g(x)) * dg(x)) / g(x),
  }),
  Max: ({ f, df }, { f: g, df: dg }) => ({
    f: (x) => Math.max(f(x), g(x)),
    df: (x) => (f(x) > g(x) ? df(x) : dg(x)),
  }),
  Min: ({ f, df }, { f: g, df: dg }) => ({
    f: (x) => Math.min(f(x), g(x)),
    df: (x) => (f(x) < g(x) ? df(x) : dg(x)),
  }),
};

/** Points at which sign changes are looked for; two kinks closer than 1/500 of the range count as none. */
const LOOKS = 512;

/** Where `gap` changes its sign on [low, high]; `inner` is what it is a shift of. */
function rootsOf(
  gap: (x: number) => number,
  { affine }: Transfer,
  low: number,
  high: number,
): number[] {
  if (affine !== null) return affine[0] === 0 ? [] : [-gap(0) / affine[0]];
  const roots: number[] = [];
  let before = low;
  let gapBefore = gap(low);
  for (let i = 1; i <= LOOKS; i++) {
    const here = low + ((high - low) * i) / LOOKS;
    const gapHere = gap(here);
    if (gapHere > 0 !== gapBefore > 0) roots.push(bisected(gap, before, here));
    before = here;
    gapBefore = gapHere;
  }
  return roots;
}

/** The place in [low, high] where a function changes its sign, to the last bit or so. */
function bisected(gap: (x: number) => number, low: number, high: number): number {
  const isAbove = gap(low) > 0;
  for (let i = 0; i < 100; i++) {
    const middle = 0.5 * (low + high);
    if (middle <= low || middle >= high) break;
    if (gap(middle) > 0 === isAbove) low = middle;
    else high = middle;
  }
  return high;
}
