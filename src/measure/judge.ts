import type { SignalRow } from './signal.ts';

/** What became of the signal on its way to the head. */
export type SignalState = 'healthy' | 'vanishes' | 'explodes' | 'not_finite' | 'dead';

/** The verdict on a measured signal. Names are those of values, `null` where there is none. */
export interface SignalVerdict {
  readonly state: SignalState;
  /** The verdict with its numbers, in one sentence. */
  readonly sentence: string;
  /** The value at which it goes wrong first. */
  readonly firstBad: string | null;
  /** The first linear layer. */
  readonly first: string | null;
  /** The last hidden linear layer, or the residual sum after it. */
  readonly last: string | null;
  /** Second moment at `last` over that at `first`; `null` where one of them is 0 or not finite. */
  readonly ratio: number | null;
}

/** Below this part of the first layer's second moment a signal has vanished; above its inverse it explodes. */
const vanishing = 1e-6;
/** A layer with more than this share of dead units is dead. */
const mostDead = 0.9;
/** Within this factor of the first second moment a signal counts as kept. */
const kept = 10;

/** A number in at most six characters or so: `0.85`, `3.1e-12`. */
function compact(value: number): string {
  const size = Math.abs(value);
  if (value === 0) return '0';
  return size >= 0.01 && size < 10_000
    ? String(Number(value.toPrecision(3)))
    : value.toExponential(1);
}

const percent = (share: number): string =>
  `${share > 0 && share < 0.001 ? 'less than 0.1' : Number((100 * share).toPrecision(3))} %`;

/** Whether the next sum after a quiet layer is not quiet, so that the signal goes past the layer. */
function isPassed(
  rows: readonly SignalRow[],
  row: SignalRow,
  isQuiet: (row: SignalRow) => boolean,
): boolean {
  const next = rows.slice(rows.indexOf(row) + 1).find(({ kind }) => kind === 'sum');
  return next !== undefined && !isQuiet(next);
}

const isDead = (row: SignalRow): boolean => row.dead !== null && row.dead > mostDead;
const isWild = (row: SignalRow): boolean => row.notFinite !== undefined;

/** What a row is called where it is the last that is judged. */
function placeOf(row: SignalRow, last: SignalRow): string {
  if (row !== last) return '';
  return row.kind === 'sum' ? 'the last residual sum ' : 'the last hidden layer ';
}

/**
 * Judges a measured signal by its linear layers, from the first to the last hidden one (the last linear
 * layer is the head, which may have any scale): it vanishes where the second moment is 0 or below 1e-6
 * of the first, explodes above 1e6 of it, is dead where more than 90 % of the units of a hidden linear
 * layer or activation are constant. A layer that a residual sum leads the signal past is no fault.
 * What goes wrong first, in graph order, gives the state; dead units are looked at last.
 */
export function judgeSignal(rows: readonly SignalRow[]): SignalVerdict {
  const linear = rows.filter(({ kind }) => kind === 'linear');
  const hidden = linear.length > 1 ? linear.slice(0, -1) : linear;
  const first = hidden.at(0);
  const lastHidden = hidden.at(-1);
  if (first === undefined || lastHidden === undefined) {
    const sentence = 'There is no linear layer with stored weights to judge.';
    return { state: 'healthy', sentence, firstBad: null, first: null, last: null, ratio: null };
  }
  const reference = first.secondMoment ?? NaN;
  const ratioOf = (row: SignalRow): number => (row.secondMoment ?? NaN) / reference;
  const isQuiet = (row: SignalRow): boolean => row.secondMoment === 0 || ratioOf(row) < vanishing;
  const explodes = (row: SignalRow): boolean => ratioOf(row) > 1 / vanishing;

  const stays = hidden.filter((row) => !isQuiet(row) || !isPassed(rows, row, isQuiet));
  const head = rows.indexOf(linear[linear.length - 1]);
  const sum = rows.slice(rows.indexOf(lastHidden), head).findLast(({ kind }) => kind === 'sum');
  const last = sum ?? stays.at(-1) ?? first;
  const ratio = ratioOf(last);
  const verdict = (state: SignalState, sentence: string, bad?: SignalRow): SignalVerdict => ({
    state,
    sentence,
    firstBad: bad?.name ?? null,
    first: first.name,
    last: last.name,
    ratio: Number.isFinite(ratio) && ratio > 0 ? ratio : null,
  });
  const only = linear.length === 1 ? 'only' : 'only hidden';
  const place = hidden.length === 1 && last === first ? only : 'first';
  const start = `second moment ${compact(reference)} at the ${place} layer \`${first.name}\``;
  const compared = (row: SignalRow): string => {
    const size = ratioOf(row);
    const times = Number.isFinite(size) ? ` (ratio ${compact(size)})` : '';
    return `${start}, ${compact(row.secondMoment ?? NaN)} at ${placeOf(row, last)}\`${row.name}\`${times}`;
  };

  const wild = rows.find(isWild);
  const bad = rows.find(
    (row) =>
      isWild(row) ||
      (hidden.includes(row) && explodes(row)) ||
      (stays.includes(row) && isQuiet(row)),
  );
  if (bad !== undefined && isWild(bad)) {
    const share = percent(bad.notFinite?.share ?? 0);
    const what = `${share} of its values are infinite or NaN`;
    return verdict('not_finite', `The signal is not finite from \`${bad.name}\` on: ${what}.`, bad);
  }
  if (bad !== undefined && explodes(bad)) {
    const then = wild === undefined ? '' : `; from \`${wild.name}\` on it is not finite`;
    return verdict('explodes', `The signal explodes: ${compared(bad)}${then}.`, bad);
  }
  if (bad !== undefined) {
    return verdict(
      'vanishes',
      `The signal vanishes: ${bad === first ? start : compared(bad)}.`,
      bad,
    );
  }
  const dead = rows.find(
    (row, index) =>
      isDead(row) &&
      (stays.includes(row) || (row.kind === 'activation' && index < head)) &&
      !isPassed(rows, row, isDead),
  );
  if (dead !== undefined) {
    if (dead === first && dead.dead === 1) {
      const rest = 'the signal shows nothing until they do';
      return verdict(
        'dead',
        `The inputs do not differ at the first layer \`${first.name}\`: ${rest}.`,
        dead,
      );
    }
    const what = `${percent(dead.dead ?? 0)} of the units of \`${dead.name}\` (${dead.op})`;
    return verdict('dead', `The signal dies: ${what} are the same for all inputs.`, dead);
  }
  if (last === first) return verdict('healthy', `The signal is alive: ${start}.`);
  const isKnown = Number.isFinite(ratio);
  const change =
    isKnown && ratio < 1 / kept ? ' but shrinks' : isKnown && ratio > kept ? ' but grows' : '';
  return verdict('healthy', `The signal stays alive${change}: ${compared(last)}.`);
}
