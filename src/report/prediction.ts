import type { Prediction } from '../meanfield/index.ts';
import { formatNumber } from './number.ts';
import { painter } from './paint.ts';
import { shownRows, withGaps } from './shortened.ts';
import { table, type Cell, type Column } from './table.ts';
import { distinctParts, indent, printable, shorten, wrap } from './text.ts';
import type { TextOptions } from './types.ts';

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
  const shown = shownRows(layers.length, [
    layers.findIndex(({ name }) => name === where),
    layers.findIndex(({ known }) => !known),
  ]);
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
  return [
    ...withGaps(table(columns, rows, options), shown, options),
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
