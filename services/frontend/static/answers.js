// Fills the page's templates: what stands in them is the server's, in the visitor's language.
const language = document.documentElement.lang;
const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });
const number = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });

const copy = (id) => document.querySelector(id).content.firstElementChild.cloneNode(true);
const ms = (value) => `${number.format(value)} ms`;

export function blank(model) {
  const article = copy("#answer");
  article.dataset.model = model.id;
  article.querySelector("h2").textContent = model.title;
  return article;
}

export function progress(article, share) {
  article.querySelector("progress").value = share;
}

export function fill(article, answer, words) {
  article.dataset.state = "done";
  const put = (selector, text) => { article.querySelector(`.done ${selector}`).textContent = text; };
  put(".category", answer.category);
  put(".total", ms(answer.total));
  put(".id", answer.request_id);
  put(".curl", answer.curl);
  article.querySelector(".predictions").replaceChildren(...answer.predictions.map((each) => {
    const item = copy("#prediction");
    item.querySelector(".label").textContent = each.label;
    item.querySelector(".share").textContent = percent.format(each.score);
    item.querySelector("rect").setAttribute("width", each.score * 100);
    return item;
  }));
  const network = Math.max(answer.total - answer.ms, 0);
  const rows = [{ name: words.network, depth: 0, start: 0, ms: network },
    ...answer.steps.map((each) => ({ ...each, start: each.start + network }))];
  article.querySelector(".steps").replaceChildren(...rows.map((each) => {
    const row = copy("#step").querySelector("tr");
    const name = row.querySelector("th");
    name.textContent = each.name;
    name.className = `depth${each.depth}`;
    row.querySelector("rect").setAttribute("x", (each.start / answer.total) * 1000);
    row.querySelector("rect").setAttribute("width", Math.max((each.ms / answer.total) * 1000, 2));
    row.querySelector(".ms").textContent = ms(each.ms);
    return row;
  }));
}

export function fail(article, problem, again) {
  article.dataset.state = "failed";
  const put = (selector, text) => { article.querySelector(`.failed ${selector}`).textContent = text ?? ""; };
  put(".detail", problem.detail);
  put(".reason", problem.reason);
  put(".id", problem.request_id);
  article.querySelector(".told").hidden = !problem.request_id;
  article.querySelector(".again").onclick = again;
}

// Marks who agrees with whom, once there is more than one answer.
export function verdict(figure, words) {
  const articles = [...figure.querySelectorAll(".answer[data-state=done]")];
  const label = (article) => article.querySelector(".category").textContent;
  const votes = Map.groupBy(articles, label);
  const sorted = [...votes].sort((one, other) => other[1].length - one[1].length);
  const [most, same] = sorted[0];
  const put = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const line = figure.querySelector(".verdict");
  line.hidden = articles.length < 2;
  line.textContent = 2 * same.length > articles.length
    ? put(words.agree, { count: same.length, all: articles.length, label: most })
    : `${words.disagree} ${sorted.map(([each, who]) => `${each} (${who.length})`).join(", ")}`;
  for (const article of articles) {
    const others = votes.get(label(article)).length - 1;
    const mark = article.querySelector(".agreement");
    mark.hidden = articles.length < 2;
    mark.textContent = others
      ? `✓ ${put(words.same, { count: others, all: articles.length - 1 })}` : `≠ ${words.other}`;
    mark.classList.toggle("other", !others);
  }
}
