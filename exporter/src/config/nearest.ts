/** Counts the letters to add, remove, replace or swap with their neighbor to make one text of the other. */
function edits(from: string, to: string): number {
  const rows: number[][] = [Array.from({ length: to.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number) => rows[row]?.[column] ?? 0;
  for (let row = 1; row <= from.length; row++) {
    rows.push([row]);
    for (let column = 1; column <= to.length; column++) {
      const differs = from[row - 1] === to[column - 1] ? 0 : 1;
      let fewest = Math.min(at(row - 1, column) + 1, at(row, column - 1) + 1, at(row - 1, column - 1) + differs);
      if (row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]) {
        fewest = Math.min(fewest, at(row - 2, column - 2) + 1);
      }
      rows[row]?.push(fewest);
    }
  }
  return at(from.length, to.length);
}

/** Says which name was probably meant: `; did you mean --once?`, or nothing where none is near. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  // A name of an attacker's length must not cost its square.
  if (name.length > 100) {
    return '';
  }
  let best: string | undefined;
  let limit = Math.min(4, Math.ceil(name.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = edits(name.toLowerCase(), candidate.toLowerCase());
    if (distance < limit) {
      best = candidate;
      limit = distance;
    }
  }
  return best === undefined ? '' : `; did you mean ${best}?`;
}
