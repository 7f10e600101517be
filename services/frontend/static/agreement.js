// Says how far models agree, once a picture has more than one answer. What that means depends on
// their task; of vectors, outputs and answers of their own kind nothing is said.
import { countMatches } from "./boxes.js";
import { shareAlike } from "./masks.js";
import { rowsAbove } from "./threshold.js";

const percent = new Intl.NumberFormat(document.documentElement.lang, { style: "percent", maximumFractionDigits: 1 });
const SENTENCES = { classification: ofClasses, detection: ofBoxes, segmentation: ofMasks };

const latest = new WeakMap(); // of a figure: what was last asked, as masks take a while

// `answers` are those of the figure's articles that are done, in their order; `threshold` is the
// score from which on boxes are shown.
export async function showAgreement(figure, answers, threshold, messages) {
  const articles = [...figure.querySelectorAll(".answer[data-state=done]")];
  const sentence = articles.length > 1 && SENTENCES[answers[0].task];
  const line = figure.querySelector(".verdict");
  latest.set(figure, articles);
  const said = sentence ? await sentence(articles, answers, messages, threshold) : "";
  if (latest.get(figure) !== articles) return;
  line.hidden = !said;
  line.textContent = said;
}

function ofClasses(articles, _, messages) {
  const votes = Map.groupBy(articles, category);
  for (const article of articles) {
    const others = votes.get(category(article)).length - 1;
    const text = others
      ? `✓ ${format(messages.same, { count: others, all: articles.length - 1 })}`
      : `≠ ${messages.other}`;
    mark(article, text, others > 0);
  }
  const sorted = [...votes].sort(([, one], [, other]) => other.length - one.length);
  const [label, majority] = sorted[0];
  if (2 * majority.length > articles.length) {
    return format(messages.agree, { count: majority.length, all: articles.length, label });
  }
  return `${messages.disagree} ${sorted.map(([each, voters]) => `${each} (${voters.length})`).join(", ")}`;
}

// The first model's boxes are looked for among those of each other.
function ofBoxes([reference, ...others], answers, messages, threshold) {
  const [first, ...rest] = answers.map((answer) => rowsAbove(answer.table, threshold));
  const model = reference.querySelector("h2").textContent;
  const all = first.length;
  mark(reference, messages.reference, true);
  const counts = rest.map((rows, index) => {
    const matched = countMatches(first, rows);
    const count = matched.filter(Boolean).length;
    mark(others[index], format(messages.boxes_of, { count, all, model }), count === all);
    return matched;
  });
  const everywhere = first.filter((_, box) => counts.every((matched) => matched[box])).length;
  return format(messages.boxes, { count: everywhere, all, model });
}

async function ofMasks(articles, _, messages) {
  const share = await shareAlike(articles.map((article) => [...article.querySelectorAll(".shapes g")]));
  return format(messages.pixels, { share: percent.format(share) });
}

function mark(article, text, agrees) {
  const line = article.querySelector(".agreement");
  line.hidden = false;
  line.textContent = text;
  line.classList.toggle("other", !agrees);
}

function category(article) {
  return article.querySelector(".category").textContent;
}

// Fills the {names} of a message.
function format(message, values) {
  return message.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
