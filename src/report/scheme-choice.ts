import { formatNumber } from './number.ts';
import type { Ratio, SchemeSummary } from './scheme-summary.ts';

/** Which scheme to take. */
export interface SchemeChoice {
  /** The scheme, `null` where none keeps the network alive. */
  readonly take: string | null;
  /** Which to take and why, in one sentence. */
  readonly sentence: string;
}

/** How far a scheme is from keeping everything: `|ln|` of the ratios of signal, gradient and distance, with its error. */
interface Score {
  readonly summary: SchemeSummary;
  readonly isAlive: boolean;
  readonly drift: number;
  readonly error: number;
}

const lengthOf = (ratio: Ratio | null): number =>
  ratio === null ? 0 : Math.abs(Math.log(ratio.value));

function scoreOf(summary: SchemeSummary): Score {
  const { state, gradients, signal, gradient, distance } = summary;
  const ratios = [signal, gradient, distance];
  return {
    summary,
    isAlive: state === 'healthy' && (gradients === null || gradients === 'live'),
    drift: ratios.reduce((sum, ratio) => sum + lengthOf(ratio), 0),
    error: Math.hypot(...ratios.map((ratio) => ratio?.error ?? 0)),
  };
}

/** Standard errors within which two schemes do alike. */
const ALIKE = 2;

const times = ({ value }: Ratio): string => formatNumber(Number(value.toPrecision(3)));

/** Changes of the distance of two examples below this, in the logarithm, are not worth a word. */
const SMALL = 0.1;

/** What a scheme does from the first to the last hidden layer, in a clause. */
function deed({ state, signal, gradient, distance }: SchemeSummary): string {
  if (state === 'not_finite') return 'gives numbers that are not finite';
  if (state === 'dead') return 'leaves most units dead';
  const parts = [
    ...(signal === null ? [] : [`the second moment by ${times(signal)}`]),
    ...(gradient === null
      ? []
      : [`the squared length of gradients by ${times(gradient)} on the way back`]),
    ...(distance === null || lengthOf(distance) < SMALL
      ? []
      : [`1 - c of two examples by ${times(distance)}`]),
  ];
  return parts.length === 0 ? 'gives no ratio to judge by' : `multiplies ${listed(parts)}`;
}

const listed = (items: readonly string[]): string =>
  items.length < 2
    ? items.join('')
    : `${items.slice(0, -1).join(', ')} and ${items[items.length - 1]}`;

const quoted = (scores: readonly Score[]): string =>
  listed(scores.map(({ summary }) => `\`${summary.scheme}\``));

/**
 * The scheme that keeps signal, gradients and the distance of examples best from the first to the last hidden layer:
 * the least sum of the logarithms of what each is multiplied by, among those whose signal and gradients
 * live. Schemes within two standard errors of the best do as well.
 */
export function chooseScheme(summaries: readonly SchemeSummary[]): SchemeChoice {
  const scores = summaries.map(scoreOf);
  const alive = scores.filter(({ isAlive }) => isAlive);
  const ranked = (alive.length > 0 ? alive : scores).toSorted((a, b) => a.drift - b.drift);
  const [best] = ranked;
  const rest = scores.filter((score) => score !== best);
  const worst = rest.toSorted((a, b) => Number(a.isAlive) - Number(b.isAlive) || b.drift - a.drift);
  const others =
    worst.length === 0 ? '' : `; \`${worst[0].summary.scheme}\` ${deed(worst[0].summary)}`;
  if (alive.length === 0) {
    return {
      take: null,
      sentence: `None of them keeps signal and gradients: even \`${best.summary.scheme}\` ${deed(best.summary)}.`,
    };
  }
  const alike = ranked.filter(
    ({ drift, error }) => drift - best.drift <= ALIKE * Math.hypot(error, best.error),
  );
  const take = best.summary.scheme;
  if (alike.length === scores.length && scores.length > 1) {
    return {
      take,
      sentence: `Take any: ${quoted(alike)} do alike within their errors; \`${take}\` ${deed(best.summary)}.`,
    };
  }
  const as =
    alike.length === 1
      ? ''
      : ` (${quoted(alike.filter((score) => score !== best))} ${alike.length === 2 ? 'does' : 'do'} as well within the errors)`;
  return {
    take,
    sentence: `Take \`${take}\`${as}: from the first to the last hidden layer it ${deed(best.summary)}${others}.`,
  };
}
