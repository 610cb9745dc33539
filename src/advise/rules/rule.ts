import type { BranchEnd, Network, ParameterInfo } from '../../network/index.ts';
import type { Choice } from '../plan.ts';

/** What a rule decides for a parameter. */
export interface Advice extends Choice {
  readonly reason: string;
  readonly reference: string | null;
  /** Other choices for blocks of these names; every other block gets the choice of the whole. */
  readonly blockChoices?: Readonly<Record<string, Choice>>;
}

/** From a parameter and its network to advice. */
export type Rule = (parameter: ParameterInfo, network: Network) => Advice;

/** A gain as plans hold it: 12 digits, so that the last digit of an engine's `exp` changes no weight. */
export function steady(gain: number): number {
  return Number(gain.toPrecision(12));
}

/** A number as reasons show it: four significant digits. */
export function shown(value: number): string {
  return String(Number(value.toPrecision(4)));
}

/** How much of its branch a last layer adds, and the words for it. */
export interface BranchShare {
  /** `residual branch 5 of 6`, or `3 of 6 residual branches`. */
  readonly place: string;
  readonly factor: number;
  /** `1/√6`. */
  readonly formula: string;
  /** What the factor is for, as the end of a sentence. */
  readonly purpose: string;
}

/**
 * `1/√n` for the last layer of one of n branches; `1/√(n m)` where it ends m of them, whose sums go together since their
 * weights are the same.
 */
export function branchShare({ index, count, times }: BranchEnd): BranchShare {
  if (times === 1) {
    return {
      place: `residual branch ${index + 1} of ${count}`,
      factor: 1 / Math.sqrt(count),
      formula: `1/√${count}`,
      purpose: `each branch adds 1/${count} of what it gets and all together about one unit, whatever the depth`,
    };
  }
  return {
    place: `${times} of ${count} residual branches`,
    factor: 1 / Math.sqrt(count * times),
    formula: `1/√(${count} · ${times})`,
    purpose: `all branches together add about one unit at most, whatever the depth, although what equal weights add points the same way`,
  };
}

export const HE = 'He et al. 2015, eq. 10, arXiv:1502.01852';
export const LECUN = 'LeCun et al. 1998, Efficient BackProp, §4.6';
export const GLOROT = 'Glorot & Bengio 2010, eq. 16';
export const SAXE = 'Saxe et al. 2014, arXiv:1312.6120';
export const PENNINGTON = 'Pennington et al. 2017, arXiv:1711.04735';
export const XIAO = 'Xiao et al. 2018, arXiv:1806.05393';
export const KLAMBAUER = 'Klambauer et al. 2017, arXiv:1706.02515';
export const SCHOENHOLZ = 'Schoenholz et al. 2017, arXiv:1611.01232';
export const ROBERTS = 'Roberts, Yaida & Hanin 2022, §5.3, arXiv:2106.10165';
export const RADFORD = 'Radford et al. 2019, §2.3';
export const DE = 'De & Smith 2020, arXiv:2002.10444';
