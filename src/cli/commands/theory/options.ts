import { InvalidArgumentError, Option } from 'commander';
import { jsonOption, numberValue } from '../../options.ts';

/** `--activation`, the same for every command of the theory. */
export function activationOption(): Option {
  return new Option(
    '--activation <NAME|FILE>',
    'tanh, leaky_relu:0.2, … or a module that exports f and, if it likes, df: ./mine.ts (required)',
  ).makeOptionMandatory();
}

/** An option that takes a number. */
export function numberOption(name: string, description: string): Option {
  return new Option(`--${name} <X>`, description).argParser(numberValue);
}

/** `--sigma-w2`. */
export function sigmaW2Option(more: string = ''): Option {
  return numberOption('sigma-w2', `σw², variance of a weight times fan_in${more}`);
}

/** `--sigma-b2`. */
export function sigmaB2Option(more: string = ''): Option {
  return numberOption('sigma-b2', `σb², variance of a bias${more}`);
}

/** `--json` and `--svg`, in this order. */
export function outputOptions(picture: string): Option[] {
  return [jsonOption(), new Option('--svg <FILE>', `write a picture: ${picture}`)];
}

/** Parses `0,0.5,-0.5`. */
export function numbersValue(text: string): number[] {
  const numbers = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (numbers.some(Number.isNaN)) {
    throw new InvalidArgumentError('must be numbers such as 0,0.5.');
  }
  return numbers;
}

/** Parses `0.5:4,0:1`: the range of σw² and that of σb². */
export function rangeValue(text: string): [[number, number], [number, number]] {
  const ranges = text.split(',').map((range) => range.split(':').map(Number));
  const [sigmaW2, sigmaB2] = ranges;
  const isRange = (range: number[] | undefined): range is [number, number] =>
    range?.length === 2 && range.every(Number.isFinite) && range[0] >= 0 && range[0] < range[1];
  if (ranges.length !== 2 || /(^|[:,])\s*([:,]|$)/.test(text)) {
    throw new InvalidArgumentError('must be two ranges such as 0.5:4,0:1.');
  }
  if (!isRange(sigmaW2) || !isRange(sigmaB2)) {
    throw new InvalidArgumentError(
      'must be two ranges of variances, from low to high, such as 0.5:4,0:1.',
    );
  }
  return [sigmaW2, sigmaB2];
}
