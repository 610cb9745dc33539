/** A point of a curve: a step, and a value there. */
export type CoursePoint = readonly [step: number, value: number];

/** How loss and accuracy went over the steps of a run, in no more points than a picture needs. */
export interface TrainingCourse {
  /** Means over equally many steps each, at the middle of these. */
  readonly loss: readonly CoursePoint[];
  readonly accuracy: readonly CoursePoint[];
  /** On examples that were held back. */
  readonly heldLoss: readonly CoursePoint[];
  readonly heldAccuracy: readonly CoursePoint[];
}

/** Collects a course in a memory that does not grow with the steps. */
export interface CourseRecorder {
  readonly step: (step: number, loss: number | null, accuracy: number | null) => void;
  readonly held: (step: number, loss: number | null, accuracy: number | null) => void;
  readonly course: () => TrainingCourse;
}

const POINTS = 240;

/** A recorder for a run of so many steps; steps beyond these are added to the last point. */
export function courseRecorder(steps: number): CourseRecorder {
  const bins = Math.max(1, Math.min(POINTS, steps));
  const [places, losses, accuracies] = [0, 1, 2].map(() => ({
    sum: new Float64Array(bins),
    count: new Float64Array(bins),
  }));
  const heldLoss: CoursePoint[] = [];
  const heldAccuracy: CoursePoint[] = [];
  const points = ({ sum, count }: typeof places): CoursePoint[] =>
    Array.from(sum, (value, bin): CoursePoint | null =>
      count[bin] === 0 ? null : [places.sum[bin] / places.count[bin], value / count[bin]],
    ).filter((point) => point !== null);
  return {
    step: (step, loss, accuracy) => {
      const bin = Math.max(0, Math.min(bins - 1, Math.floor(((step - 1) * bins) / steps)));
      const entries = [
        [places, step],
        [losses, loss],
        [accuracies, accuracy],
      ] as const;
      for (const [{ sum, count }, value] of entries) {
        // A loss that is not finite belongs to no curve.
        if (value === null || !Number.isFinite(value)) continue;
        sum[bin] += value;
        count[bin]++;
      }
    },
    held: (step, loss, accuracy) => {
      if (loss !== null && Number.isFinite(loss)) heldLoss.push([step, loss]);
      if (accuracy !== null && Number.isFinite(accuracy)) heldAccuracy.push([step, accuracy]);
    },
    course: () => ({
      loss: points(losses),
      accuracy: points(accuracies),
      heldLoss: [...heldLoss],
      heldAccuracy: [...heldAccuracy],
    }),
  };
}
