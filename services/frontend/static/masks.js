// Compares segmentations: their masks are drawn small, so that a large picture takes no longer.
const SIDE = 128; // pixels, of the small copies

// The share of the picture to which all give the same label. Each is a list of the <g> of its
// segments.
export async function shareAlike(segmentations) {
  const maps = await Promise.all(segmentations.map(labelMap));
  const [first, ...others] = maps;
  const alike = first.filter((label, pixel) => others.every((map) => map[pixel] === label));
  return alike.length / first.length;
}

// The label of each pixel, row by row.
async function labelMap(segments) {
  const labels = new Array(SIDE * SIDE).fill("");
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  for (const segment of segments) {
    const image = new Image();
    image.src = segment.querySelector("image").getAttribute("href");
    await image.decode();
    context.drawImage(image, 0, 0, SIDE, SIDE);
    const { data } = context.getImageData(0, 0, SIDE, SIDE);
    for (let pixel = 0; pixel < labels.length; pixel += 1) {
      if (data[pixel * 4] > 127) labels[pixel] = segment.dataset.label;
    }
  }
  return labels;
}
