// Pictures come in, go to each chosen model, and their answers are shown as they arrive.
import { ask } from "./ask.js";
import { blank, fail, fill, progress, verdict } from "./answers.js";
import { keep, forget, kept, thumbnail } from "./kept.js";

const form = document.querySelector("#ask");
const results = document.querySelector("#results");
const words = JSON.parse(document.querySelector("#words").textContent);
const token = form.elements.csrf_token.value;
const AT_ONCE = 4; // requests on their way; the others wait
const waiting = [];
let running = 0;

document.documentElement.classList.add("scripted");
for (const input of form.querySelectorAll("input[type=file]")) {
  input.addEventListener("change", () => { add(input.files); input.value = ""; });
}
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("change", (event) => { if (event.target.name === "model") remember(); });
addEventListener("dragover", (event) => { event.preventDefault(); form.classList.add("over"); });
addEventListener("dragleave", (event) => { if (!event.relatedTarget) form.classList.remove("over"); });
addEventListener("drop", (event) => {
  event.preventDefault();
  form.classList.remove("over");
  add(event.dataTransfer.files);
});
addEventListener("paste", (event) => add(event.clipboardData.files));
document.querySelector("#clear").addEventListener("click", () => {
  forget(form.dataset.page);
  results.replaceChildren();
  say("");
});
document.addEventListener("click", (event) => {
  const button = event.target.closest(".copy");
  if (!button) return;
  navigator.clipboard.writeText(button.closest(".answer").querySelector(button.dataset.copies).textContent);
  say(words.copied);
});

function chosen() {
  return [...form.querySelectorAll("[name=model]:checked")].map((input) => ({
    id: input.value,
    title: input.parentElement.querySelector(".title").textContent,
  }));
}

function say(text) {
  document.querySelector("#told").textContent = text;
}

function remember() {
  const data = new FormData();
  data.append("csrf_token", token);
  data.append("page", form.dataset.page);
  for (const model of chosen()) data.append("model", model.id);
  fetch("/choice", { method: "POST", body: data });
}

// A picture's own place: its preview at once, and an answer for each model.
function place(name, source, models) {
  const figure = document.querySelector("#result").content.firstElementChild.cloneNode(true);
  figure.querySelector("img").src = source;
  figure.querySelector("figcaption").textContent = name;
  for (const model of models) {
    const article = blank(model);
    const input = form.querySelector(`[name=model][value="${CSS.escape(model.id)}"]`);
    const figures = input?.parentElement.querySelector(".figures");
    if (form.dataset.page === "compare" && figures) article.querySelector("h2").after(figures.cloneNode(true));
    figure.querySelector(".answers").append(article);
  }
  results.prepend(figure);
  document.querySelector("#clear").hidden = false;
  return figure;
}

function add(files) {
  const models = chosen();
  for (const file of files) {
    if (!models.length) { say(words.model); form.querySelector("[name=model]")?.focus(); return; }
    const figure = place(file.name, URL.createObjectURL(file), models);
    const record = { name: file.name, models, answers: {} };
    thumbnail(file).then((source) => { record.source = source; });
    for (const model of models) queue(file, model, figure, record);
  }
}

function queue(file, model, figure, record) {
  waiting.push(() => send(file, model, figure, record));
  next();
}

function next() {
  while (running < AT_ONCE && waiting.length) {
    running += 1;
    waiting.shift()().finally(() => { running -= 1; next(); });
  }
}

async function send(file, model, figure, record) {
  const article = figure.querySelector(`[data-model="${CSS.escape(model.id)}"]`);
  article.dataset.state = "waiting";
  try {
    if (file.size > Number(form.dataset.max)) throw { detail: words.large };
    const answer = await ask(file, model.id, token, (share) => progress(article, share));
    answer.curl = answer.curl.replace("@picture.jpg", () => quoted(`@${file.name}`));
    fill(article, answer, words);
    record.answers[model.id] = answer;
    if (record.models.length > 1) verdict(figure, words);
    say(`${file.name}, ${model.title}: ${answer.category}`);
    if (record.models.every((each) => record.answers[each.id])) keep(form.dataset.page, record);
  } catch (problem) {
    fail(article, { detail: words.away, ...problem }, () => queue(file, model, figure, record));
    say(problem.detail ?? words.away);
  }
}

function quoted(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`;
}

for (const record of kept(form.dataset.page)) {
  const figure = place(record.name, record.source ?? "", record.models);
  for (const model of record.models) {
    fill(figure.querySelector(`[data-model="${CSS.escape(model.id)}"]`), record.answers[model.id], words);
  }
  if (record.models.length > 1) verdict(figure, words);
}

// The models' statuses, as they are now: taken from this page, asked for anew while somebody looks.
setInterval(async () => {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.pathname);
    const now = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const input of now.querySelectorAll("[name=model]")) {
      const old = form.querySelector(`[name=model][value="${CSS.escape(input.value)}"] ~ .status`);
      old?.replaceWith(input.parentElement.querySelector(".status"));
    }
  } catch {
    // the server is away: what stood there last stays
  }
}, 5000);
