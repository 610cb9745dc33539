/** A number as Python reads it, to eight digits. */
export function pyNumber(value: number): string {
  if (Number.isFinite(value)) return String(Number(value.toPrecision(8)));
  return value > 0 ? 'float("inf")' : '-float("inf")';
}

/** A text as Python reads it. */
export function pyString(text: string): string {
  // Every escape of JSON is one of Python; a lone surrogate is written as its escape.
  return JSON.stringify(text.toWellFormed());
}

/** `(1, 2)`, `(1,)`. */
export function pyTuple(values: readonly number[]): string {
  return values.length === 1 ? `(${values[0]},)` : `(${values.join(', ')})`;
}

/** A text on one line, as a comment may hold it. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
}

/** `f(a, b=c)`; a function without arguments stands for itself. */
export function pyLambda(call: string, args: readonly string[], after: string = ''): string {
  if (args.length === 0 && after === '') return call;
  return `lambda w: ${call}(${['w', ...args].join(', ')})${after}`;
}
