// Draws the charts anew every two seconds, while somebody looks and wants it.
const live = document.querySelector("#live");
live.parentElement.hidden = false;

setInterval(async () => {
  if (!live.checked || document.hidden) return;
  try {
    const answer = await fetch("/status?part=1");
    if (answer.ok) document.querySelector("#charts").innerHTML = await answer.text();
  } catch {
    // the server is away: what was drawn last stays
  }
}, 2000);
