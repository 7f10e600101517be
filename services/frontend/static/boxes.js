// Which boxes of one model another has too. A row is of a detection's table: class_id, label, score,
// xmin, ymin, xmax, ymax.
const MIN_IOU = 0.5; // the usual share of the area that two boxes have in common

// For each of our rows, whether one of theirs has its label and lies where it lies. Each of theirs
// counts once.
export function countMatches(ours, theirs) {
  const free = new Set(theirs);
  return ours.map((row) => {
    const candidates = [...free].filter((other) => other[1] === row[1] && iou(row, other) >= MIN_IOU);
    const best = candidates.sort((one, other) => iou(row, other) - iou(row, one))[0];
    free.delete(best);
    return best !== undefined;
  });
}

function iou(one, other) {
  const width = Math.min(one[5], other[5]) - Math.max(one[3], other[3]);
  const height = Math.min(one[6], other[6]) - Math.max(one[4], other[4]);
  const common = Math.max(width, 0) * Math.max(height, 0);
  return common / (area(one) + area(other) - common || 1);
}

function area([, , , xmin, ymin, xmax, ymax]) {
  return (xmax - xmin) * (ymax - ymin);
}
