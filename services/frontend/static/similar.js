// Pictures that an embedding's model was asked about in this tab, those most alike side by side.
import { cloneTemplate } from "./answers.js";

const MAX_SHOWN = 6; // neighbours of each picture
const cosineOf = new Intl.NumberFormat(document.documentElement.lang, { minimumFractionDigits: 3, maximumFractionDigits: 3 });

export class Gallery {
  #items = new Map(); // of each model: {article, name, source, vector, neighbours}

  // A picture with its vector: it gets its neighbours, and becomes one of the others'.
  add(model, article, name, source, vector) {
    const known = (this.#items.get(model) ?? []).filter((each) => each.article !== article);
    const item = { article, name, source, vector, neighbours: [] };
    for (const other of known) {
      const cosine = cosineSimilarity(vector, other.vector);
      addNeighbour(item, other, cosine);
      addNeighbour(other, item, cosine);
    }
    this.#items.set(model, [...known, item]);
    show(item);
  }

  clear() {
    this.#items.clear();
  }
}

export function cosineSimilarity(one, other) {
  let product = 0;
  for (let index = 0; index < one.length; index += 1) product += one[index] * other[index];
  return product / (Math.hypot(...one) * Math.hypot(...other) || 1);
}

function addNeighbour(item, other, cosine) {
  item.neighbours.push({ other, cosine });
  item.neighbours.sort((one, next) => next.cosine - one.cosine).splice(MAX_SHOWN);
  show(item);
}

function show({ article, neighbours }) {
  const section = article.querySelector(".similar");
  section.hidden = !neighbours.length;
  section.querySelector("ol").replaceChildren(...neighbours.map(({ other, cosine }) => {
    const entry = cloneTemplate("#neighbour");
    entry.querySelector("img").src = other.source;
    entry.querySelector(".file").textContent = other.name;
    entry.querySelector(".share").textContent = cosineOf.format(cosine);
    return entry;
  }));
}
