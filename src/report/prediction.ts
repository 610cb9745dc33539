import type { PredictedLayer, Prediction } from '../meanfield/index.ts';
import { formatNumber } from './number.ts';
import { painter } from './paint.ts';
import { defaultRows, gapText } from './signal.ts';
import { table, type Cell, type Column } from './table.ts';
import { distinctParts, indent, printable, shorten, wrap } from './text.ts';
import type { TextOptions } from './types.ts';

/** Rows of a long network: both ends, where it goes wrong, and where nothing is known first. */
function shownRows(layers: readonly PredictedLayer[], where: string | null): readonly number[] {
  const limit = defaultRows(layers.length);
  if (layers.length <= limit) return layers.map((_, index) => index);
  const kept = new Set<number>();
  const keep = (index: number): void => {
    if (index >= 0 && index < layers.length && kept.size < limit) kept.add(index);
  };
  keep(0);
  keep(layers.length - 1);
  for (const index of [
    layers.findIndex(({ name }) => name === where),
    layers.findIndex(({ known }) => !known),
  ]) {
    if (index >= 0) for (const near of [index, index - 1, index + 1]) keep(near);
  }
  for (let step = 1; kept.size < limit; step++) {
    keep(step);
    keep(layers.length - 1 - step);
  }
  return [...kept].sort((a, b) => a - b);
}

/**
 * A prediction layer by layer: second moment, correlation of two inputs, second moment of the gradient
 * against that at the output, factor on gradients. Numbers in brackets refer to the approximations below
 * the table. A long network is shortened to its ends and to where it goes wrong.
 */
export function predictionTable(
  { layers, where }: Pick<Prediction, 'layers' | 'where'>,
  options: TextOptions,
): readonly string[] {
  const paint = painter(options.colour);
  const shown = shownRows(layers, where);
  const notes = [...new Set(layers.flatMap(({ note }) => note ?? []))];
  const columns: readonly Column[] = [
    { title: 'layer', min: 10 },
    { title: 'op' },
    { title: 'E[x²]', align: 'right' },
    { title: 'mean', align: 'right' },
    { title: 'c', align: 'right' },
    { title: 'gradient', align: 'right' },
    { title: 'χ', align: 'right' },
    ...(notes.length === 0 ? [] : [{ title: '' }]),
  ];
  const names = distinctParts(shown.map((index) => printable(layers[index].name)));
  const roomy = options.width >= 100;
  const rows = shown.map((index, position): readonly Cell[] => {
    const { name, op, q, mean, c, gradient, chi, known, note } = layers[index];
    const isWrong = name === where;
    const cells = [
      names(position, roomy ? 36 : 20),
      shorten(printable(op), roomy ? 24 : 10),
      ...[q, mean, c, gradient, chi].map((value) => formatNumber(value)),
      ...(notes.length === 0 ? [] : [note === null ? '' : `[${notes.indexOf(note) + 1}]`]),
    ];
    return cells.map((text): Cell => {
      if (isWrong) return { text, paint: (padded) => paint('red', padded) };
      return known ? text : { text, paint: (padded) => paint('dim', padded) };
    });
  });
  const lines = table(columns, rows, options);
  const head = lines.length - rows.length;
  const body: string[] = [];
  for (const [position, index] of shown.entries()) {
    const skipped = position === 0 ? 0 : index - shown[position - 1] - 1;
    if (skipped > 0) body.push(paint('dim', `  ${gapText(skipped)}`));
    body.push(lines[head + position]);
  }
  return [
    ...lines.slice(0, head),
    ...body,
    ...(notes.length === 0 ? [] : ['']),
    ...notes.flatMap((note, index) => {
      const mark = `[${index + 1}]`.padEnd(5);
      return indent(printable(note), options.width, 5).map((line, i) =>
        paint('dim', i === 0 ? mark + line.slice(5) : line),
      );
    }),
  ];
}

/** A prediction for a terminal: the network, its layers, the verdict and what to change. */
export function predictionReport(prediction: Prediction, options: TextOptions): string {
  const paint = painter(options.colour);
  const { model, depth, layers, verdict, change } = prediction;
  const marked = (text: string): readonly string[] =>
    wrap(printable(text), Math.max(options.width - 2, 10)).map(
      (line) => `${paint('cyan', '▌')} ${paint('bold', line)}`,
    );
  return [
    ...wrap(
      `${printable(model)}: ${depth} layers deep, predicted in the wide limit`,
      options.width,
    ).map((line) => paint('bold', line)),
    ...(layers.length === 0 ? [] : ['', ...predictionTable(prediction, options)]),
    '',
    ...marked(verdict),
    ...(change === null ? [] : ['', ...marked(change)]),
  ].join('\n');
}
