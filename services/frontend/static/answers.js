// One model's answer on the page: an <article> made from the page's templates, whose words are the
// server's, in the visitor's language. Its data-state is `waiting`, `done` or `failed`.
const language = document.documentElement.lang;
const number = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
const milliseconds = (value) => `${number.format(value)} ms`;

export function cloneTemplate(selector) {
  return document.querySelector(selector).content.firstElementChild.cloneNode(true);
}

export function createAnswer(model) {
  const article = cloneTemplate("#answer");
  article.dataset.model = model.id;
  article.querySelector("h2").textContent = model.title;
  return article;
}

export function showProgress(article, share) {
  article.querySelector("progress").value = share;
}

// `source` is the picture's address, on which some answers are drawn.
export function showAnswer(article, answer, source, messages) {
  article.dataset.state = "done";
  const set = (selector, text) => { article.querySelector(`.done ${selector}`).textContent = text; };
  set(".category", answer.headline);
  article.querySelector(".category").lang = answer.headline_language;
  set(".variant", answer.answered_by);
  set(".total", milliseconds(answer.total));
  set(".id", answer.request_id);
  set(".curl", answer.curl);
  const findings = article.querySelector(".findings");
  findings.innerHTML = answer.html; // the server's template, which escapes what isn't its own
  findings.lang = answer.language;
  for (const image of findings.querySelectorAll(".stage img")) image.src = source;
  const rows = allSteps(answer, messages).map((step) => stepRow(step, answer.total));
  article.querySelector(".steps").replaceChildren(...rows);
}

export function showError(article, problem, onRetry) {
  article.dataset.state = "failed";
  const set = (selector, text) => { article.querySelector(`.failed ${selector}`).textContent = text ?? ""; };
  set(".detail", problem.detail);
  set(".reason", problem.reason);
  set(".id", problem.request_id);
  article.querySelector(".told").hidden = !problem.request_id;
  article.querySelector(".again").onclick = onRetry;
}

// The server's steps, behind the time that the network took.
function allSteps(answer, messages) {
  const network = Math.max(answer.total - answer.ms, 0);
  const ours = answer.steps.map((step) => ({ ...step, start: step.start + network }));
  return [{ name: messages.network, depth: 0, start: 0, ms: network }, ...ours];
}

function stepRow(step, total) {
  const row = cloneTemplate("#step").querySelector("tr");
  const name = row.querySelector("th");
  name.textContent = step.name;
  name.className = `depth${step.depth}`;
  const bar = row.querySelector("rect");
  bar.setAttribute("x", (step.start / total) * 1000);
  bar.setAttribute("width", Math.max((step.ms / total) * 1000, 2));
  row.querySelector(".ms").textContent = milliseconds(step.ms);
  return row;
}
