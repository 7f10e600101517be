// Pictures come in, go to each chosen model, and their answers are shown as they arrive.
import { showAgreement } from "./agreement.js";
import { cloneTemplate, createAnswer, showAnswer, showError, showProgress } from "./answers.js";
import { predict } from "./predict.js";
import { Queue } from "./queue.js";
import * as records from "./records.js";
import { thumbnail } from "./thumbnail.js";

const MAX_REQUESTS = 4; // at once
const STATUS_INTERVAL = 5000; // milliseconds

const form = document.querySelector("#ask");
const results = document.querySelector("#results");
const messages = JSON.parse(document.querySelector("#messages").textContent);
const token = form.elements.csrf_token.value;
const { page } = form.dataset;
const queue = new Queue(MAX_REQUESTS);

document.documentElement.classList.add("scripted");
for (const input of form.querySelectorAll("input[type=file]")) {
  input.addEventListener("change", () => { addPictures(input.files); input.value = ""; });
}
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("change", (event) => { if (event.target.name === "model") saveChoice(); });
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
document.querySelector("#clear").addEventListener("click", () => {
  records.clear(location.pathname);
  results.replaceChildren();
  announce("");
});
records.load(location.pathname).forEach(showRecord);
setInterval(refreshStatuses, STATUS_INTERVAL);

function chosenModels() {
  return [...form.querySelectorAll("[name=model]:checked")].map((input) => ({
    id: input.value,
    title: input.parentElement.querySelector(".title").textContent,
  }));
}

function saveChoice() {
  const data = new FormData();
  data.append("csrf_token", token);
  data.append("page", page);
  for (const model of chosenModels()) data.append("model", model.id);
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

function addPictures(files) {
  const models = chosenModels();
  for (const file of files) {
    if (!models.length) {
      announce(messages.model);
      form.querySelector("[name=model]")?.focus();
      return;
    }
    const figure = addFigure(file.name, URL.createObjectURL(file), models);
    const record = { name: file.name, models, answers: {} };
    thumbnail(file).then((source) => { record.source = source; });
    for (const model of models) queue.add(() => classify(file, model, figure, record));
  }
}

// A picture's figure: its preview at once, and an article for each model's answer.
function addFigure(name, source, models) {
  const figure = cloneTemplate("#result");
  figure.querySelector("img").src = source;
  figure.querySelector("figcaption").textContent = name;
  for (const model of models) {
    const article = createAnswer(model);
    const figures = modelInput(model.id)?.parentElement.querySelector(".figures");
    if (page === "compare" && figures) article.querySelector("h2").after(figures.cloneNode(true));
    figure.querySelector(".answers").append(article);
  }
  results.prepend(figure);
  document.querySelector("#clear").hidden = false;
  return figure;
}

async function classify(file, model, figure, record) {
  const article = answerOf(figure, model);
  article.dataset.state = "waiting";
  try {
    if (file.size > Number(form.dataset.max)) throw { detail: messages.large };
    const answer = await predict(file, model.id, token, (share) => showProgress(article, share));
    answer.curl = answer.curl.replace("@picture.jpg", () => shellQuote(`@${file.name}`));
    showAnswer(article, answer, messages);
    record.answers[model.id] = answer;
    if (record.models.length > 1) showAgreement(figure, messages);
    announce(`${file.name}, ${model.title}: ${answer.category}`);
    if (record.models.every((each) => record.answers[each.id])) records.save(location.pathname, record);
  } catch (problem) {
    const retry = () => queue.add(() => classify(file, model, figure, record));
    showError(article, { detail: messages.away, ...problem }, retry);
    announce(problem.detail ?? messages.away);
  }
}

function showRecord(record) {
  const figure = addFigure(record.name, record.source ?? "", record.models);
  for (const model of record.models) {
    showAnswer(answerOf(figure, model), record.answers[model.id], messages);
  }
  if (record.models.length > 1) showAgreement(figure, messages);
}

// The models' statuses as they are now, taken from this page, which is fetched anew.
async function refreshStatuses() {
  if (document.hidden) return;
  try {
    const response = await fetch(location.pathname);
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const input of fresh.querySelectorAll("[name=model]")) {
      const shown = modelInput(input.value)?.parentElement.querySelector(".status");
      shown?.replaceWith(input.parentElement.querySelector(".status"));
    }
  } catch {
    // the server does not answer: the last statuses stay
  }
}

function modelInput(modelId) {
  return form.querySelector(`[name=model][value="${CSS.escape(modelId)}"]`);
}

function answerOf(figure, model) {
  return figure.querySelector(`[data-model="${CSS.escape(model.id)}"]`);
}

// As a POSIX shell reads it as one word.
function shellQuote(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`;
}
