// Boxes are asked for from a low score on; those below what the visitor has chosen are hidden.
const percent = new Intl.NumberFormat(document.documentElement.lang, { style: "percent" });
export const FLOOR = 0.05; // the lowest score that the slider has

export function applyThreshold(article, threshold, messages) {
  for (const shape of article.querySelectorAll("[data-score]")) {
    shape.toggleAttribute("hidden", Number(shape.dataset.score) < threshold);
  }
  const labels = [...article.querySelectorAll("tr[data-score]:not([hidden]) .label")];
  const counts = Map.groupBy(labels, (each) => each.textContent);
  const sorted = [...counts].sort(([, one], [, other]) => other.length - one.length);
  const category = article.querySelector(".category");
  category.textContent = sorted.map(([label, found]) => `${found.length} × ${label}`).join(", ") || messages.nothing;
  category.lang = sorted.length ? "en" : document.documentElement.lang;
  const curl = article.querySelector(".curl");
  curl.textContent = curl.textContent.replace(/threshold=[\d.]+/, `threshold=${threshold}`);
}

export function formatThreshold(value) {
  return percent.format(value);
}

// The rows of an answer's table that are shown.
export function rowsAbove(table, threshold) {
  const score = table.columns.indexOf("score");
  return table.rows.filter((row) => row[score] >= threshold);
}
