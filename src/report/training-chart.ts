import { figure, type Axis, type Line, type Panel } from './theory/figure.ts';
import type { CoursePoint, TrainingCourse } from './training-course.ts';

/** What a picture of a run is called after. */
export interface TrainingTitle {
  readonly model: string;
  readonly data: string;
  readonly steps: number;
}

/** From which ratio on losses stand on a logarithmic axis. */
const WIDE = 20;

/** Loss and, for classes, accuracy against steps, as SVG. */
export async function trainingChart(
  { loss, accuracy, heldLoss, heldAccuracy }: TrainingCourse,
  { model, data, steps }: TrainingTitle,
): Promise<string> {
  const x: Axis = { name: 'step', low: 0, high: Math.max(1, steps), whole: true };
  const panels: Panel[] = [
    {
      title: `Loss of ${model} on ${data}`,
      x,
      y: lossAxis([...loss, ...heldLoss].map(([, value]) => value)),
      lines: linesOf(loss, heldLoss),
      marks: marksOf(heldLoss),
    },
  ];
  if (accuracy.length + heldAccuracy.length > 0) {
    panels.push({
      title: 'Accuracy',
      x,
      y: { name: 'share that is right', low: 0, high: 1 },
      lines: linesOf(accuracy, heldAccuracy),
      marks: marksOf(heldAccuracy),
    });
  }
  return figure(
    panels,
    `Loss and accuracy of ${model} on ${data} over ${steps} steps of training.`,
  );
}

function linesOf(training: readonly CoursePoint[], held: readonly CoursePoint[]): Line[] {
  return [
    { name: 'training, batch by batch', tone: 'blue', points: training },
    ...(held.length === 0 ? [] : [{ name: 'held back', tone: 'orange', points: held } as const]),
  ];
}

/** A single evaluation makes no line. */
function marksOf(held: readonly CoursePoint[]): NonNullable<Panel['marks']> {
  return held.length === 1 ? [{ at: held[0], tone: 'orange' }] : [];
}

function lossAxis(values: readonly number[]): Axis {
  const high = values.reduce((most, value) => Math.max(most, value), 0);
  const low = values.reduce((least, value) => Math.min(least, value), Infinity);
  return low > 0 && high > WIDE * low
    ? { name: 'loss', low: low / 1.2, high: high * 1.2, log: true }
    : { name: 'loss', low: 0, high: high > 0 ? 1.05 * high : 1 };
}
