// The list of models: which are chosen, and what has changed about them since.
export function chosenModels(form) {
  return [...form.querySelectorAll("[name=model]:checked")].map((input) => ({
    id: input.value,
    task: taskOf(input),
    title: input.parentElement.querySelector(".title").textContent,
  }));
}

export function modelInput(form, modelId) {
  return form.querySelector(`[name=model][value="${CSS.escape(modelId)}"]`);
}

// Models of one task are compared: choosing one of another lets go of those. Whether it did.
export function keepOneTask(form, chosen) {
  const others = [...form.querySelectorAll("[name=model]:checked")].filter(
    (input) => chosen.checked && taskOf(input) !== taskOf(chosen),
  );
  for (const input of others) input.checked = false;
  return others.length > 0;
}

// The models as they are now, taken from this page, which is fetched anew.
export async function refreshModels(form) {
  if (document.hidden) return;
  try {
    const response = await fetch(location.pathname);
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    const [shown, now] = [form.querySelector(".models"), fresh.querySelector(".models")];
    if (isSameList(shown, now)) refreshStatuses(shown, now);
    else if (inputs(now).length) shown.replaceWith(now);
  } catch {
    // the server does not answer: the last statuses stay
  }
}

function inputs(list) {
  return [...list.querySelectorAll("[name=model]")];
}

function taskOf(input) {
  return input.closest("fieldset").dataset.task;
}

// Whether both have the same models in the same groups: one that starts has no task yet.
function isSameList(one, other) {
  const names = (list) => inputs(list).map((input) => `${taskOf(input)} ${input.value}`).join();
  return names(one) === names(other);
}

function refreshStatuses(shown, now) {
  const fresh = now.querySelectorAll(".status");
  shown.querySelectorAll(".status").forEach((status, index) => status.replaceWith(fresh[index]));
}
