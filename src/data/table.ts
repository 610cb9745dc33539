import { readCsv } from './csv.ts';

/** A table of numbers with a column of targets. */
export interface Table {
  /** Names of the columns of numbers; `column 3` where the file gives none. */
  readonly names: readonly string[];
  /** Row by row. */
  readonly numbers: Float64Array;
  readonly targetName: string;
  /** As they stand in the file. */
  readonly targets: readonly string[];
  /** The line of each row. */
  readonly lines: Uint32Array;
  /** Whether a first column without a name, the numbers of the rows, was left out. */
  readonly hasIndex: boolean;
}

/** A number as text has it, `null` where it is none. */
export function numberOf(text: string): number | null {
  const value = Number(text);
  // Number takes nothing, and spaces alone, for 0.
  return Number.isFinite(value) && (value !== 0 || text.trim() !== '') ? value : null;
}

/** The columns of a table. */
interface Columns {
  readonly names: readonly string[];
  readonly target: number;
  readonly hasIndex: boolean;
}

/**
 * Reads a CSV file whose columns are numbers but for the target: the last column, or the one of the name `target`. The first line has
 * names where a field of it is no number above one that is; a first column without a name, as pandas writes its index, is left out.
 * `RangeError` with file, line and column for what is no number and for rows of another length.
 */
export function readTable(text: string, file: string, target?: string): Table {
  let numbers = new Float64Array(1024);
  let count = 0;
  const targets: string[] = [];
  const lines: number[] = [];
  let columns: Columns | null = null;
  let waiting: { readonly fields: readonly string[]; readonly line: number } | null = null;
  const take = (
    fields: readonly string[],
    line: number,
    { names, target: own, hasIndex }: Columns,
  ): void => {
    if (fields.length !== names.length) {
      throw new RangeError(
        `${file}: line ${line}: must have ${names.length} fields like those before it, got ${fields.length}`,
      );
    }
    for (let column = hasIndex ? 1 : 0; column < fields.length; column++) {
      if (column === own) continue;
      const value = numberOf(fields[column]);
      if (value === null) {
        throw new RangeError(
          `${file}: line ${line}, column ${names[column]}: must be a number, got ${JSON.stringify(fields[column])}`,
        );
      }
      if (count === numbers.length) {
        const larger = new Float64Array(2 * count);
        larger.set(numbers);
        numbers = larger;
      }
      numbers[count++] = value;
    }
    targets.push(fields[own]);
    lines.push(line);
  };
  readCsv(text, file, (fields, line) => {
    if (columns !== null) {
      take(fields, line, columns);
    } else if (waiting === null) {
      waiting = { fields, line };
    } else {
      const isNamed = namesColumns(waiting.fields, fields);
      columns = columnsOf(waiting.fields, isNamed, file, target);
      if (!isNamed) take(waiting.fields, waiting.line, columns);
      take(fields, line, columns);
    }
  });
  if (columns === null) {
    throw new RangeError(`${file}: must have at least 2 lines, got ${waiting === null ? 0 : 1}`);
  }
  const { names, target: own, hasIndex }: Columns = columns;
  return {
    names: names.filter((_, column) => column !== own && !(hasIndex && column === 0)),
    numbers: numbers.subarray(0, count),
    targetName: names[own],
    targets,
    lines: Uint32Array.from(lines),
    hasIndex,
  };
}

/** Whether a first line names the columns: something in it is no number, above a number. */
function namesColumns(first: readonly string[], second: readonly string[]): boolean {
  return first.some(
    (field, column) =>
      numberOf(field) === null && column < second.length && numberOf(second[column]) !== null,
  );
}

function columnsOf(
  first: readonly string[],
  isNamed: boolean,
  file: string,
  target: string | undefined,
): Columns {
  const names = isNamed ? first : first.map((_, column) => `${column + 1}`);
  const hasIndex = isNamed && first[0] === '' && first.length > 2;
  const own = target === undefined ? names.length - 1 : names.indexOf(target);
  if (own < 0 || (hasIndex && own === 0)) {
    throw new RangeError(
      `${file}: must have a column named ${target} for the targets, got ${isNamed ? names.filter((name) => name !== '').join(', ') : `${names.length} columns without names, which are called 1 to ${names.length}`}`,
    );
  }
  if (names.length < (hasIndex ? 3 : 2)) {
    throw new RangeError(
      `${file}: must have columns besides the target, got ${names.join(', ')} alone`,
    );
  }
  return { names, target: own, hasIndex };
}
