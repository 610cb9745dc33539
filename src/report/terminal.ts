import { certificateTable } from './certificates.ts';
import { formatCount } from './number.ts';
import { painter } from './paint.ts';
import { planTable, reasonList } from './parameters.ts';
import { signalTable } from './signal-table.ts';
import { indent, printable, wrap } from './text.ts';
import type { InitReport, TextOptions } from './types.ts';

/** How many tensors and weights a plan is about: `22 tensors, 2.8 million weights`. */
export function sizeOf(report: Pick<InitReport, 'parameters'>): string {
  const tensors = report.parameters.length;
  const weights = report.parameters.reduce(
    (sum, entry) => sum + entry.shape.reduce((product, extent) => product * extent, 1),
    0,
  );
  return `${tensors} ${tensors === 1 ? 'tensor' : 'tensors'}, ${formatCount(weights)} ${weights === 1 ? 'weight' : 'weights'}`;
}

/** The whole report for a terminal, without a line break at the end. */
export function terminalReport(report: InitReport, options: TextOptions): string {
  const paint = painter(options.colour);
  const section = (title: string, lines: readonly string[]): readonly string[] => [
    '',
    paint('bold', title),
    '',
    ...lines,
  ];
  const verdict = wrap(printable(report.verdict), Math.max(options.width - 2, 10)).map(
    (line) => `${paint('cyan', '▌')} ${paint('bold', line)}`,
  );
  return [
    ...wrap(
      `${printable(report.model)}: ${sizeOf(report)}, seed ${report.seed}`,
      options.width,
    ).map((line) => paint('bold', line)),
    ...(report.parameters.length === 0
      ? []
      : [
          ...section('Plan', planTable(report.parameters, options)),
          ...section('Reasons', reasonList(report.parameters, options)),
        ]),
    ...(report.signal === null || report.signal.after.length === 0
      ? []
      : section(
          'Signal',
          signalTable(report.signal.before, report.signal.after, {
            ...options,
            predicted: report.prediction?.layers ?? [],
          }),
        )),
    ...(report.certificates === null || report.certificates.length === 0
      ? []
      : section('Certificates', certificateTable(report.certificates, options))),
    '',
    ...verdict,
    ...(report.whyNot === ''
      ? []
      : section(
          'Why not N(0, 0.01²) or ±1/√n?',
          indent(printable(report.whyNot), options.width, 0),
        )),
    ...(report.notes.length === 0
      ? []
      : section(
          'Notes',
          report.notes.flatMap((note) =>
            indent(printable(note), options.width, 2).map((line, i) =>
              i === 0 ? `- ${line.slice(2)}` : line,
            ),
          ),
        )),
    ...(report.output === null ? [] : ['', `Wrote ${printable(report.output)}`]),
  ].join('\n');
}
