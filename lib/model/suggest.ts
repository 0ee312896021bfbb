/**
 * Finds the name that the user probably meant, for "Did you mean …?".
 *
 * A candidate counts as near when at most a third of the letters (never more than four) have to be added, removed,
 * replaced or swapped with their neighbour. Upper and lower case are alike. Of equally near candidates the one that
 * begins most like the name wins, then the first.
 *
 * @returns the nearest candidate, or undefined when none is near or the name itself is one of them.
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase();
  let limit = Math.min(4, Math.floor(Math.max(3, name.length) / 3));
  let best: string | undefined;
  let bestPrefix = -1;
  for (const candidate of candidates) {
    if (candidate === name) {
      return undefined;
    }
    if (Math.abs(candidate.length - name.length) <= limit) {
      const distance = editDistance(wanted, candidate.toLowerCase());
      const prefix = commonPrefix(wanted, candidate.toLowerCase());
      if (distance < limit || (distance === limit && prefix > bestPrefix)) {
        best = candidate;
        bestPrefix = prefix;
        limit = distance;
      }
    }
  }
  return best;
}

/** Writes the suggestion as a sentence to append to a message: ` Did you mean "rate"?`, or nothing. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const near = nearest(name, candidates);
  return near === undefined ? '' : ` Did you mean "${near}"?`;
}

function commonPrefix(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) {
    length++;
  }
  return length;
}

/** Counts edits between two texts, where swapping two neighbours is one edit. */
function editDistance(from: string, to: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      let edits = Math.min(
        (previous[column - 1] ?? 0) + (same ? 0 : 1),
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
      );
      if (row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]) {
        edits = Math.min(edits, (beforePrevious[column - 2] ?? 0) + 1);
      }
      current.push(edits);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[to.length] ?? 0;
}
