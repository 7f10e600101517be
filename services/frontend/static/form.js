// Pictures come in, go to each chosen model, and their answers are shown as they arrive.
import { showAgreement } from "./agreement.js";
import { cloneTemplate, createAnswer, showAnswer, showError, showProgress } from "./answers.js";
import { chosenModels, keepOneTask, modelInput, refreshModels } from "./models.js";
import * as csv from "./csv.js";
import { predict } from "./predict.js";
import { Queue } from "./queue.js";
import * as records from "./records.js";
import { Gallery } from "./similar.js";
import { applyThreshold, FLOOR, formatThreshold, rowsAbove } from "./threshold.js";
import { thumbnail } from "./thumbnail.js";

const MAX_REQUESTS = 4; // at once
const STATUS_INTERVAL = 5000; // milliseconds

const form = document.querySelector("#ask");
const results = document.querySelector("#results");
const slider = document.querySelector("#threshold");
const messages = JSON.parse(document.querySelector("#messages").textContent);
const token = form.elements.csrf_token.value;
const { page } = form.dataset;
const queue = new Queue(MAX_REQUESTS);
const gallery = new Gallery();
const shown = new Map(); // a record for each figure on the page

document.documentElement.classList.add("scripted");
for (const input of form.querySelectorAll("input[type=file]")) {
  input.addEventListener("change", () => { addPictures(input.files); input.value = ""; });
}
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("change", ({ target }) => {
  if (target.name !== "model") return;
  if (keepOneTask(form, target)) announce(messages.within);
  saveChoice();
});
slider?.addEventListener("input", () => {
  slider.parentElement.querySelector("output").textContent = formatThreshold(slider.value);
  for (const [figure, record] of shown) {
    if (Object.values(record.answers).some(isOfBoxes)) redraw(figure);
  }
});
addEventListener("dragover", (event) => { event.preventDefault(); form.classList.add("over"); });
addEventListener("dragleave", (event) => { if (!event.relatedTarget) form.classList.remove("over"); });
addEventListener("drop", (event) => {
  event.preventDefault();
  form.classList.remove("over");
  addPictures(event.dataTransfer.files);
});
addEventListener("paste", (event) => addPictures(event.clipboardData.files));
document.addEventListener("click", (event) => {
  const button = event.target.closest(".copy");
  if (button) copyText(button.closest(".answer").querySelector(button.dataset.copies));
});
results.addEventListener("change", ({ target }) => {
  if (!target.matches(".toggle")) return;
  const shape = `.shapes [data-number="${target.dataset.number}"]`;
  target.closest(".answer").querySelector(shape).toggleAttribute("hidden", !target.checked);
});
document.querySelector("#csv").addEventListener("click", () => {
  csv.download(csv.toCsv([...shown.values()].flatMap(entriesOf)), "answers.csv");
});
document.querySelector("#clear").addEventListener("click", () => {
  records.clear(location.pathname);
  gallery.clear();
  shown.clear();
  results.replaceChildren();
  showTools();
  announce("");
});
records.load(location.pathname).forEach(showRecord);
setInterval(() => refreshModels(form), STATUS_INTERVAL);

function threshold() {
  return Number(slider?.value ?? 0);
}

function saveChoice() {
  const data = new FormData();
  data.append("csrf_token", token);
  data.append("page", page);
  for (const model of chosenModels(form)) data.append("model", model.id);
  fetch("choice", { method: "POST", body: data });
}

// For screen readers: what has just happened.
function announce(text) {
  document.querySelector("#announcement").textContent = text;
}

function copyText(element) {
  navigator.clipboard.writeText(element.textContent);
  announce(messages.copied);
}

function showTools() {
  document.querySelector("#clear").hidden = document.querySelector("#csv").hidden = !shown.size;
}

function addPictures(files) {
  const models = chosenModels(form);
  for (const file of files) {
    if (!models.length) {
      announce(messages.model);
      form.querySelector("[name=model]")?.focus();
      return;
    }
    const record = { name: file.name, models, answers: {}, problems: {} };
    const figure = addFigure(record, URL.createObjectURL(file));
    thumbnail(file).then((source) => { record.source = source; });
    for (const model of models) queue.add(() => ask(file, model, figure, record));
  }
}

// A picture's figure: its preview at once, and an article for each model's answer.
function addFigure(record, source) {
  const figure = cloneTemplate("#result");
  figure.querySelector("img").src = source;
  figure.querySelector("figcaption").textContent = record.name;
  for (const model of record.models) {
    const article = createAnswer(model);
    const figures = modelInput(form, model.id)?.parentElement.querySelector(".figures");
    if (page === "compare" && figures) article.querySelector("h2").after(figures.cloneNode(true));
    figure.querySelector(".answers").append(article);
  }
  results.prepend(figure);
  shown.set(figure, record);
  showTools();
  return figure;
}

async function ask(file, model, figure, record) {
  const article = answerOf(figure, model);
  article.dataset.state = "waiting";
  try {
    if (file.size > Number(form.dataset.max)) throw { detail: messages.large };
    const query = model.task === "detection" ? `?threshold=${FLOOR}` : "";
    const answer = await predict(file, model.id, query, token, (share) => showProgress(article, share));
    if (!shown.has(figure)) return; // cleared meanwhile
    answer.curl = answer.curl.replace("@picture.jpg", () => shellQuote(`@${file.name}`));
    record.answers[model.id] = answer;
    delete record.problems[model.id];
    showAnswered(figure, record, model);
    redraw(figure);
    announce(`${file.name}, ${model.title}: ${article.querySelector(".category").textContent}`);
    if (record.models.every((each) => record.answers[each.id])) records.save(location.pathname, record);
  } catch (problem) {
    const told = { detail: messages.away, ...problem };
    record.problems[model.id] = told.detail;
    showError(article, told, () => queue.add(() => ask(file, model, figure, record)));
    announce(told.detail);
  }
}

function showRecord(record) {
  const figure = addFigure(record, record.source ?? "");
  for (const model of record.models) showAnswered(figure, record, model);
  redraw(figure);
}

function showAnswered(figure, record, model) {
  const [article, answer] = [answerOf(figure, model), record.answers[model.id]];
  const source = figure.querySelector("img").src;
  showAnswer(article, answer, source, messages);
  if (answer.task === "embedding" && answer.table.columns[0] === "v0") {
    gallery.add(model.id, article, record.name, source, answer.table.rows[0]);
  }
}

// What depends on the slider, and on the other models' answers.
function redraw(figure) {
  const record = shown.get(figure);
  const done = record.models.filter((model) => record.answers[model.id]);
  for (const model of done) {
    if (isOfBoxes(record.answers[model.id])) applyThreshold(answerOf(figure, model), threshold(), messages);
  }
  const answers = done.map((model) => record.answers[model.id]);
  if (record.models.length > 1) showAgreement(figure, answers, threshold(), messages);
}

function isOfBoxes(answer) {
  return answer.task === "detection" && answer.table.columns.includes("xmin");
}

// A picture's answers as the CSV file has them: what is shown, and what failed.
function entriesOf(record) {
  return record.models.map((model) => {
    const answer = record.answers[model.id];
    const common = { file: record.name, model: model.id, task: answer?.task ?? model.task };
    if (!answer) return { ...common, problem: record.problems[model.id] ?? "" };
    const rows = isOfBoxes(answer) ? rowsAbove(answer.table, threshold()) : answer.table.rows;
    return { ...common, columns: answer.table.columns, rows };
  });
}

function answerOf(figure, model) {
  return figure.querySelector(`[data-model="${CSS.escape(model.id)}"]`);
}

// As a POSIX shell reads it as one word.
function shellQuote(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`;
}
