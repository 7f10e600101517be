// Marks which models agree, once a picture has more than one answer.
export function showAgreement(figure, messages) {
  const articles = [...figure.querySelectorAll(".answer[data-state=done]")];
  const votes = Map.groupBy(articles, category);
  const line = figure.querySelector(".verdict");
  line.hidden = articles.length < 2;
  line.textContent = verdict(votes, articles.length, messages);
  for (const article of articles) {
    const others = votes.get(category(article)).length - 1;
    const mark = article.querySelector(".agreement");
    mark.hidden = articles.length < 2;
    mark.textContent = others
      ? `✓ ${format(messages.same, { count: others, all: articles.length - 1 })}`
      : `≠ ${messages.other}`;
    mark.classList.toggle("other", !others);
  }
}

// One sentence: the majority's category, or every category with its count.
function verdict(votes, total, messages) {
  const sorted = [...votes].sort(([, one], [, other]) => other.length - one.length);
  const [label, majority] = sorted[0];
  if (2 * majority.length > total) {
    return format(messages.agree, { count: majority.length, all: total, label });
  }
  return `${messages.disagree} ${sorted.map(([each, voters]) => `${each} (${voters.length})`).join(", ")}`;
}

function category(article) {
  return article.querySelector(".category").textContent;
}

// Fills the {names} of a message.
function format(message, values) {
  return message.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
